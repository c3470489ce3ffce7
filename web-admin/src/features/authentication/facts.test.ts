import { expect, test } from 'vitest'
import type { OutboundAuth } from '@/api/types'
import { authFacts } from './facts'

test('what the settings say, in names and values', () => {
  const check = (auth: OutboundAuth, expected: Record<string, string>) =>
    expect(Object.fromEntries(authFacts(auth).map(({ name, value }) => [name, value])), auth.kind).toEqual(
      expected,
    )
  check({ kind: 'none' }, {})
  check(
    { kind: 'shared_header', headers: [{ name: 'authorization' }, { name: 'x-team' }], version: 1 },
    { Headers: 'authorization, x-team' },
  )
  check(
    {
      kind: 'per_user_header',
      fields: [
        { name: 'user', label: 'User name' },
        { name: 'token', label: 'API key' },
      ],
      headers: [{ name: 'authorization', value: 'Basic {user}:{token}' }],
    },
    { 'Asks for': 'User name and API key', 'Headers made of it': 'authorization' },
  )
  check(
    { kind: 'oauth_per_user', without_pkce: true, omit_resource: true },
    {
      Client: 'Portway makes itself known at the provider',
      Provider: 'The one that the server names',
      Scopes: 'What the server asks for',
      'Unlike others': 'It leaves out resource and goes without PKCE',
    },
  )
  check(
    {
      kind: 'token_exchange',
      client_id: 'portway',
      client_auth: 'private_key_jwt',
      profile: 'id_jag',
      issuer: 'https://auth.example.com',
      scopes: ['a', 'b'],
      audience: 'api://x',
    },
    {
      Exchanges: 'An identity assertion grant (cross-app access)',
      Client: 'portway',
      'Shown by': 'A signature (private_key_jwt)',
      Provider: 'https://auth.example.com',
      Scopes: 'a b',
      Audience: 'api://x',
    },
  )
  check({ kind: 'passthrough', mode: 'minted' }, { 'Which token': 'A token made for this server' })
})
