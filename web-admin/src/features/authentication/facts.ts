//! How a server is let in by, as names and values: what the settings say, never a secret. Pure.

import type { OutboundAuth } from '@/api/types'
import { MODE_WORDS, PROFILE_WORDS, PROOF_WORDS } from '@/lib/auth-words'
import { listed } from '@/lib/count'

/** `code`: as a machine has it. */
export type AuthFact = { name: string; value: string; code?: true }

type Kind<K extends OutboundAuth['kind']> = Extract<OutboundAuth, { kind: K }>

export function authFacts(auth: OutboundAuth): AuthFact[] {
  switch (auth.kind) {
    case 'none':
      return []
    case 'shared_header':
      return [names('Headers', auth.headers)]
    case 'per_user_header':
      return [
        { name: 'Asks for', value: listed(auth.fields.map(({ label }) => label)) },
        names('Headers made of it', auth.headers),
      ]
    case 'oauth_per_user':
      return oauthFacts(auth)
    case 'client_credentials':
      return machineFacts(auth)
    case 'token_exchange':
      return [{ name: 'Exchanges', value: PROFILE_WORDS[auth.profile ?? 'statement'] }, ...machineFacts(auth)]
    case 'passthrough':
      return [{ name: 'Which token', value: MODE_WORDS[auth.mode].label }]
  }
}

const names = (name: string, headers: readonly { name: string }[]): AuthFact => ({
  name,
  value: headers.map(header => header.name).join(', '),
  code: true,
})

function oauthFacts(auth: Kind<'oauth_per_user'>): AuthFact[] {
  const odd = [
    auth.omit_resource && 'leaves out resource',
    auth.scope_on_refresh && 'sends the scopes at each refresh',
    auth.id_token_as_bearer && 'presents the ID token',
    auth.without_pkce && 'goes without PKCE',
  ].filter(word => typeof word === 'string')
  return [
    auth.client_id
      ? { name: 'Client', value: auth.client_id, code: true }
      : { name: 'Client', value: 'Portway makes itself known at the provider' },
    provider(auth.issuer ?? auth.endpoints?.authorization),
    scopes(auth.scopes),
    ...(odd.length > 0 ? [{ name: 'Unlike others', value: `It ${listed(odd)}` }] : []),
  ]
}

function machineFacts(auth: Kind<'client_credentials'> | Kind<'token_exchange'>): AuthFact[] {
  return [
    { name: 'Client', value: auth.client_id, code: true },
    { name: 'Shown by', value: PROOF_WORDS[auth.client_auth ?? 'secret'] },
    provider(auth.issuer ?? auth.token_endpoint),
    scopes(auth.scopes),
    ...(auth.audience ? [{ name: 'Audience', value: auth.audience, code: true } as const] : []),
  ]
}

const provider = (named: string | null | undefined): AuthFact =>
  named
    ? { name: 'Provider', value: named, code: true }
    : { name: 'Provider', value: 'The one that the server names' }

const scopes = (named: readonly string[] | null | undefined): AuthFact =>
  named && named.length > 0
    ? { name: 'Scopes', value: named.join(' '), code: true }
    : { name: 'Scopes', value: 'What the server asks for' }
