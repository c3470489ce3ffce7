import { expect, test } from 'vitest'
import type { OutboundAuth, OutboundAuthInput, Server } from '@/api/types'
import { type AuthKind, bodyOf, EMPTY, fieldOf, patchOf, valuesOf } from './server-values'

const registered = (outbound_auth: OutboundAuth): Server => ({
  id: 'srv_1',
  slug: 'github',
  display_name: 'GitHub',
  description: '',
  tags: ['prod', 'team-a'],
  status: 'enabled',
  gateway_url: 'https://gw.example/acme/mcp/github/server',
  kind: 'single',
  created_at: '2026-11-28T00:00:00Z',
  updated_at: '2026-11-28T00:00:00Z',
  upstream: {
    url: 'https://mcp.example.com/mcp',
    outbound_auth,
    timeout_ms: 30_000,
    transport: { static_headers: { 'X-Team': 'a:b' }, forwardable_headers: ['x-trace'] },
  },
})

const MACHINE = {
  client_id: 'abc',
  client_auth: 'secret',
  omit_resource: false,
  extra_parameters: {},
} as const

const SHOWN: OutboundAuth[] = [
  { kind: 'none' },
  { kind: 'shared_header', headers: [{ name: 'X-Api-Key' }], version: 3, set_at: '2026-11-28T00:00:00Z' },
  {
    kind: 'per_user_header',
    fields: [{ name: 'token', label: 'Token' }],
    headers: [{ name: 'Authorization', value: 'Bearer {token}' }],
  },
  {
    kind: 'oauth_per_user',
    client_id: 'abc',
    endpoints: { authorization: 'https://p.example/a', token: 'https://p.example/t' },
    scopes: ['repo', 'read:org'],
    extra_parameters: { access_type: 'offline' },
    without_pkce: true,
  },
  { kind: 'client_credentials', ...MACHINE, scopes: ['a'] },
  {
    kind: 'token_exchange',
    ...MACHINE,
    client_auth: 'private_key_jwt',
    key_id: 'k1',
    profile: 'id_jag',
    identity_provider: 'idp_1',
  },
  { kind: 'passthrough', mode: 'original' },
]

test('what the API shows goes back unchanged: saving without an edit changes nothing', () => {
  for (const auth of SHOWN) {
    const server = registered(auth)
    expect(patchOf(valuesOf(server), server), auth.kind).toEqual({})
    const sent = bodyOf(valuesOf(server))
    expect(sent.timeout_ms).toBe(30_000)
    expect(sent.transport).toEqual({ static_headers: { 'X-Team': 'a:b' }, forwardable_headers: ['x-trace'] })
    const { version: _, set_at: __, ...asTaken } = { version: 0, set_at: '', ...auth }
    expect(sent.outbound_auth, auth.kind).toMatchObject(asTaken as OutboundAuthInput)
  }
})

test('a secret is sent when it is typed, and only then', () => {
  const server = registered({ kind: 'shared_header', headers: [{ name: 'Authorization' }], version: 1 })
  const values = valuesOf(server)
  expect(bodyOf(values).outbound_auth).toEqual({
    kind: 'shared_header',
    headers: [{ name: 'Authorization' }],
  })
  values.shared.headers = [{ name: 'Authorization', value: 'Bearer x' }]
  expect(patchOf(values, server)).toEqual({
    outbound_auth: { kind: 'shared_header', headers: [{ name: 'Authorization', value: 'Bearer x' }] },
  })
})

test('a server that moves sends its authentication along', () => {
  const server = registered({ kind: 'none' })
  const patch = patchOf({ ...valuesOf(server), upstream_url: 'https://other.example/mcp' }, server)
  expect(patch).toEqual({ upstream_url: 'https://other.example/mcp', outbound_auth: { kind: 'none' } })
})

test('tags go as they stand', () => {
  const server = registered({ kind: 'none' })
  expect(patchOf({ ...valuesOf(server), tags: ['team-a', 'prod'] }, server)).toEqual({
    tags: ['team-a', 'prod'],
  })
})

test('nothing that was not typed is sent', () => {
  expect(bodyOf({ ...EMPTY, kind: 'oauth_per_user' }).outbound_auth).toEqual({
    kind: 'oauth_per_user',
    omit_resource: false,
    scope_on_refresh: false,
    id_token_as_bearer: false,
    without_pkce: false,
    extra_parameters: {},
  })
})

test('where a refusal stands', () => {
  const check = (kind: AuthKind, field: string, expected: string) =>
    expect(fieldOf(kind)(field), field).toBe(expected)
  check('none', 'slug', 'slug')
  check('none', 'timeout_ms', 'timeout_s')
  check('none', 'tags[2]', 'tags')
  check('none', 'transport.static_headers.X-A', 'static_headers')
  check('none', 'transport.ca_certificates', 'ca_certificates')
  check('shared_header', 'outbound_auth.headers[1].name', 'shared.headers.1.name')
  check('shared_header', 'outbound_auth', 'shared.headers.0.value')
  check('per_user_header', 'outbound_auth.fields[0].label', 'own_key.fields.0.label')
  check('oauth_per_user', 'outbound_auth.endpoints.token', 'oauth.endpoints.token')
  check('oauth_per_user', 'outbound_auth.extra_parameters.x', 'oauth.extra_parameters')
  check('token_exchange', 'outbound_auth.identity_provider', 'machine.identity_provider')
})
