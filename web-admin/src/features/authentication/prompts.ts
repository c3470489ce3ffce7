//! What a member of a virtual server asks of people, as far as the reader may know. Pure.

import type { Account, Server } from '@/api/types'
import { AUTH_WORDS } from '@/lib/auth-words'

/** `isMine`: the reader uses the virtual server, so that a member without an account of theirs asks them for nothing. */
export function promptWords(
  member: Pick<Server, 'upstream'> | undefined,
  account: Pick<Account, 'fields'> | undefined,
  isMine: boolean,
): string {
  if (member?.upstream) return AUTH_WORDS[member.upstream.outbound_auth.kind].people
  if (account) return AUTH_WORDS[account.fields.length > 0 ? 'per_user_header' : 'oauth_per_user'].people
  return isMine ? 'Nothing of you.' : 'Its own managers see what it asks.'
}
