import { expect, test } from 'vitest'
import type { OutboundAuth, OutboundAuthInput } from '@/api/types'
import { Reader } from '@/lib/document/reader'
import { parse, print } from '@/lib/document/yaml'
import { documentOf, serverFormat } from './server-document'
import { bodyOf, EMPTY, reachValues, type ServerValues } from './server-values'

const format = serverFormat()

async function read(text: string, now: ServerValues = EMPTY, from = format) {
  const { root, mistakes } = parse(text)
  if (!root) return { values: undefined, said: mistakes.map(({ message }) => message) }
  const reader = new Reader()
  const values = await from.read(root, reader, now)
  return { values, said: reader.mistakes.map(({ line, field, message }) => `${line} ${field}: ${message}`) }
}

const MACHINE = {
  client_id: 'abc',
  scopes: ['a', 'b'],
  audience: 'api://x',
  token_endpoint: 'https://p.example/t',
  omit_resource: true,
  extra_parameters: { a_b: 'c' },
}

const AUTHS: (OutboundAuth | OutboundAuthInput)[] = [
  { kind: 'none' },
  { kind: 'shared_header', headers: [{ name: 'X-Api-Key' }, { name: 'authorization' }] },
  {
    kind: 'per_user_header',
    fields: [
      { name: 'user', label: 'User name' },
      { name: 'token', label: 'Token: yours', hint: 'Settings → keys' },
    ],
    headers: [{ name: 'authorization', value: 'Basic {user}:{token}' }],
  },
  { kind: 'oauth_per_user' },
  {
    kind: 'oauth_per_user',
    client_id: 'abc',
    issuer: 'https://p.example',
    endpoints: {
      authorization: 'https://p.example/a',
      token: 'https://p.example/t',
      revocation: 'https://p.example/r',
    },
    scopes: ['repo', 'read:org'],
    omit_resource: true,
    scope_on_refresh: true,
    id_token_as_bearer: true,
    without_pkce: true,
    extra_parameters: { access_type: 'offline' },
  },
  { kind: 'client_credentials', ...MACHINE },
  {
    kind: 'token_exchange',
    ...MACHINE,
    client_auth: 'private_key_jwt',
    key_id: 'k1',
    profile: 'on_behalf_of',
    identity_provider: 'idp_1',
    issuer: 'https://p.example',
  },
  { kind: 'passthrough', mode: 'original' },
]

const valuesWith = (outbound_auth: OutboundAuth | OutboundAuthInput): ServerValues => ({
  ...EMPTY,
  slug: 'github',
  display_name: 'GitHub: issues',
  description: 'no',
  ...reachValues({
    url: 'https://mcp.example.com/mcp?a=b',
    outbound_auth,
    timeout_ms: 1_500,
    transport: {
      static_headers: { 'X-Team': 'a:b', 'X-On': 'true' },
      forwardable_headers: ['x-trace', 'x-region'],
      ca_certificates: '-----BEGIN-----\nabc=\n-----END-----',
    },
  }),
})

test('form, document, form: nothing is lost, for each way of being let in', async () => {
  for (const auth of AUTHS) {
    const values = valuesWith(auth)
    const text = print(await format.write(values))
    const { values: back, said } = await read(text)
    expect(said, text).toEqual([])
    expect(back && bodyOf(back), text).toEqual(bodyOf(values))
  }
})

const MARK = 'hunter2'

/** Every secret that can be typed, typed. */
const typed = (auth: OutboundAuth | OutboundAuthInput): ServerValues => {
  const values = valuesWith(auth)
  return {
    ...values,
    shared: { headers: values.shared.headers.map(header => ({ ...header, value: `Bearer ${MARK}` })) },
    oauth: { ...values.oauth, client_secret: MARK },
    machine: { ...values.machine, client_secret: MARK, private_key: MARK },
  }
}

test('a secret is never in the document, and stays in the form', async () => {
  for (const auth of AUTHS) {
    const values = typed(auth)
    const text = print(await format.write(values))
    expect(text).not.toContain(MARK)
    const { values: back } = await read(text, values)
    expect(back && bodyOf(back), text).toEqual(bodyOf(values))
  }
  // A header of another name has no value yet.
  const now = typed({ kind: 'shared_header', headers: [{ name: 'X-Key' }] })
  const { values } = await read(print(documentOf(now, true)).replace('X-Key', 'X-Other'), now)
  expect(values?.shared.headers).toEqual([{ name: 'X-Other', value: '' }])
})

test('what was typed and is not shown is named', () => {
  const check = (auth: OutboundAuthInput, expected: string[]) => {
    expect(format.typedSecrets?.(typed(auth))).toEqual(expected)
    expect(format.typedSecrets?.(valuesWith(auth))).toEqual([])
  }
  check({ kind: 'none' }, [])
  check({ kind: 'shared_header', headers: [{ name: 'x-key' }] }, ['the value of x-key'])
  check({ kind: 'oauth_per_user' }, ['the client secret'])
  check({ kind: 'client_credentials', client_id: 'a' }, ['the client secret'])
  check({ kind: 'token_exchange', client_id: 'a', client_auth: 'private_key_jwt' }, ['the private key'])
})

test('the document is what portway apply takes', async () => {
  const text = print(
    await format.write({
      ...EMPTY,
      slug: 'github',
      display_name: 'GitHub',
      upstream_url: 'https://x.example/mcp',
    }),
  )
  expect(text).toBe(`apiVersion: portway/v1
kind: Server
metadata:
  slug: github
spec:
  displayName: GitHub
  description: ""
  enabled: true
  url: https://x.example/mcp
  timeoutMs: 0
  outboundAuth:
    kind: none
`)
})

const HEAD =
  'apiVersion: portway/v1\nkind: Server\nmetadata: {slug: github}\nspec:\n  url: https://x.example/mcp\n'

test('what is left out has its default', async () => {
  const { values, said } = await read(HEAD, valuesWith({ kind: 'passthrough', mode: 'original' }))
  expect(said).toEqual([])
  expect(values && bodyOf(values)).toEqual({
    slug: 'github',
    display_name: 'github',
    tags: [],
    description: '',
    upstream_url: 'https://x.example/mcp',
    outbound_auth: { kind: 'none' },
    timeout_ms: 0,
    transport: { static_headers: {}, forwardable_headers: [] },
  })
})

test('what the form cannot do is refused, not left out', async () => {
  const said = async (more: string, registered?: { slug: string; isEnabled: boolean }) =>
    (await read(HEAD + more, EMPTY, serverFormat(registered))).said
  expect(await said('  grants: []\n')).toEqual([expect.stringMatching(/^6 spec.grants: .*Collaborators/)])
  expect(await said('  members: []\n  preset: github\n')).toHaveLength(2)
  expect(await said('  enabled: false\n')).toEqual([expect.stringMatching(/^6 spec.enabled: must be true/)])
  expect(await said('', { slug: 'github', isEnabled: false })).toEqual([
    expect.stringMatching(/^5 spec.enabled: must be false/),
  ])
  expect(await said('  enabled: false\n', { slug: 'github', isEnabled: false })).toEqual([])
  expect(await said('', { slug: 'other', isEnabled: true })).toEqual([
    expect.stringMatching(/^1 metadata.slug: must be other/),
  ])
  expect(
    await said(
      '  outboundAuth:\n    kind: sharedHeader\n    headers:\n      - name: a\n        secret: {fromEnv: A}\n',
    ),
  ).toEqual([
    expect.stringMatching(/^10 spec.outboundAuth.headers\[0\].secret: .*type the value in the form/),
  ])
  expect(await said('  outboundAuth: {kind: magic}\n')).toEqual([
    expect.stringMatching(/^6 spec.outboundAuth.kind: must be one of none, sharedHeader/),
  ])
  expect(await said('  outboundAuth: {kind: passthrough}\n')).toEqual([
    '6 spec.outboundAuth.mode: is missing',
  ])
  expect(await said('  timeoutMs: soon\n  colour: red\n')).toEqual([
    expect.stringMatching(/^7 spec.colour: is unknown/),
    '6 spec.timeoutMs: must be a whole number',
  ])
})
