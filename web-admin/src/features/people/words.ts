//! How People names what the API has by codes.

import type { Invitation, Session, SignedOut, TenantRole, User } from '@/api/types'
import { can, type May } from '@/lib/can'
import { count, listed } from '@/lib/count'

export const ROLE_WORDS: Record<TenantRole, { label: string; may: string }> = {
  owner: { label: 'Owner', may: 'Everything, and says who else is owner.' },
  admin: { label: 'Admin', may: 'Everything except for owners: servers, people, sign-in, limits.' },
  auditor: { label: 'Auditor', may: 'Sees all of it, with calls and the audit log; changes nothing.' },
  member: { label: 'Member', may: 'Uses the servers that are shared with them.' },
}

const ROLES: readonly TenantRole[] = ['owner', 'admin', 'auditor', 'member']

/** The roles to choose from; that of an owner is an owner's to give. */
export const roleChoices = (session: Session) =>
  ROLES.map(role => ({
    value: role,
    label: ROLE_WORDS[role].label,
    hint: ROLE_WORDS[role].may,
    ...(role === 'owner' && { may: can.manageOwners(session) }),
  }))

export const SOURCE_WORDS: Record<User['source'], { label: string; what: string }> = {
  local: { label: 'Invited', what: 'Came by an invitation, or set the organisation up.' },
  jit: { label: 'First sign-in', what: 'An account was made when they first signed in.' },
  scim: {
    label: 'SCIM',
    what: 'The identity provider decides about their name and whether they are active.',
  },
}

export const STATUS_OPTIONS = [
  { value: 'active', label: 'Active' },
  { value: 'deactivated', label: 'Deactivated' },
] as const

/** Whether name and status can be changed here at all. */
export function ownedHere(person: Pick<User, 'source'>): May {
  return person.source === 'scim'
    ? { yes: false, why: 'The identity provider decides about this person: change them there.' }
    : { yes: true }
}

/** The first no, if there is one. */
export const both = (...all: May[]): May => all.find(may => !may.yes) ?? { yes: true }

export const INVITATION_WORDS: Record<
  Invitation['status'],
  { label: string; tone: 'plain' | 'good' | 'warning' }
> = {
  pending: { label: 'Open', tone: 'warning' },
  accepted: { label: 'Accepted', tone: 'good' },
  revoked: { label: 'Revoked', tone: 'plain' },
  expired: { label: 'Expired', tone: 'plain' },
}

/** How the link reaches the person. */
export function deliveryWords({ state, reason }: Invitation['delivery']): string {
  switch (state) {
    case 'by_hand':
      return 'Link passed on by hand'
    case 'pending':
      return reason ? `To be mailed: ${reason}` : 'About to be mailed'
    case 'sent':
      return 'Mailed'
    case 'failed':
      return reason ? `Not mailed: ${reason}` : 'Not mailed'
  }
}

/** What signing out ended, for the note afterwards. */
export function endedWords({ sessions, connections, api_keys }: SignedOut): string {
  const ended = [
    sessions > 0 && count(sessions, 'browser'),
    connections > 0 && count(connections, 'client'),
    api_keys > 0 && count(api_keys, 'API key'),
  ].filter(words => words !== false)
  return ended.length > 0 ? `Signed out of ${listed(ended)}` : 'Nothing was signed in'
}
