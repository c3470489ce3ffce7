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
