//! How the console names what the API has by codes.

import type { OutboundAuth } from '@/api/types'

type AuthKind = OutboundAuth['kind']

/** What opens the server's door, and what its people notice of it. */
export const AUTH_WORDS: Record<AuthKind, { label: string; short: string; people: string }> = {
  none: {
    label: 'No authentication',
    short: 'None',
    people: 'Nothing to do: the server asks for nothing.',
  },
  shared_header: {
    label: 'Shared key',
    short: 'Shared key',
    people: 'Nothing to do: everybody calls with the key that is stored here.',
  },
  per_user_header: {
    label: 'A key of each person',
    short: 'Own key',
    people: 'Each person types a key of their own, once, on the way from their IDE.',
  },
  oauth_per_user: {
    label: 'OAuth, each person',
    short: 'Own account',
    people: 'Each person approves at the provider, once, on the way from their IDE.',
  },
  client_credentials: {
    label: 'Client credentials',
    short: 'Client credentials',
    people: 'Nothing to do: Portway gets a token for itself.',
  },
  token_exchange: {
    label: 'Token exchange',
    short: 'Token exchange',
    people: 'Nothing to do: Portway exchanges a statement about each caller for a token.',
  },
  passthrough: {
    label: 'Token passthrough',
    short: 'Passthrough',
    people: 'Nothing to do: a token about the caller goes to the server.',
  },
}

type Machine = Extract<OutboundAuth, { kind: 'token_exchange' }>

/** What a token exchange gives for a token. */
export const PROFILE_WORDS: Record<NonNullable<Machine['profile']>, string> = {
  statement: 'A statement of Portway’s about the caller',
  identity_provider: 'The caller’s token of the identity provider',
  on_behalf_of: 'The same, on behalf of (Entra)',
  id_jag: 'An identity assertion grant (cross-app access)',
}

/** How a client of Portway’s shows who it is. */
export const PROOF_WORDS: Record<NonNullable<Machine['client_auth']>, string> = {
  secret: 'A client secret',
  private_key_jwt: 'A signature (private_key_jwt)',
}

/** Whose token is passed through. */
export const MODE_WORDS: Record<
  Extract<OutboundAuth, { kind: 'passthrough' }>['mode'],
  { label: string; hint: string }
> = {
  minted: {
    label: 'A token made for this server',
    hint: 'It lives five minutes, and is good at this server only.',
  },
  original: {
    label: 'The caller’s own token',
    hint: 'The server could call this gateway URL in their name. Only for a server that you trust like Portway itself.',
  },
}
