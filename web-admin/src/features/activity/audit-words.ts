//! Audit events in words. Their codes are `noun.verb`, and stable; what has no words here is read as it is.

import type { AuditEvent } from '@/api/types'

const NOUNS: Record<string, string> = {
  api_key: 'API key',
  auth_override: 'Authentication override',
  authorization_code: 'Authorization code',
  authorization_request: 'Authorization request',
  client: 'OAuth client',
  data_key: 'Data key',
  identity: 'Sign-in identity',
  identity_assertion: 'Identity assertion',
  identity_provider: 'Identity provider',
  limit_rule: 'Limit',
  machine_token: 'Machine token',
  oauth_grant: 'Client approval',
  refresh_token: 'Refresh token',
  scim_token: 'SCIM token',
  second_factor: 'Second factor',
  service_account: 'Service account',
  session_key: 'Session key',
  sign_in: 'Sign-in',
  signing_key: 'Signing key',
  tenant: 'Organisation',
  user: 'Person',
  grant: 'Access',
}

const VERBS: Record<string, string> = { tools_switched: 'tools switched', use_ended: 'use ended' }

const spaced = (word: string) => word.replaceAll('_', ' ')
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

export const nounWords = (noun: string): string => NOUNS[noun] ?? capital(spaced(noun))

/** “server.tools_switched” is “Server: tools switched”. */
export function actionWords(action: string): string {
  const [noun = '', verb = ''] = action.split('.')
  return verb === '' ? nounWords(noun) : `${nounWords(noun)} ${VERBS[verb] ?? spaced(verb)}`
}

/** What may be looked for: every noun that Portway writes. */
export const AUDIT_NOUNS = [
  ...Object.keys(NOUNS),
  'credential',
  'domain',
  'group',
  'invitation',
  'server',
  'session',
].sort()

const ACTORS: Record<string, string> = {
  anonymous: 'Somebody not signed in',
  identity_provider: 'Identity provider',
  operator: 'Operator',
  scim_token: 'SCIM',
  system: 'Portway',
}

/** Who, where it is nobody with a name. */
export const actorWords = (kind: string): string => ACTORS[kind] ?? capital(spaced(kind))

/** Whether the id leads to a name that the console can find. */
export const isNamed = (kind: string): boolean => ['user', 'service_account', 'group'].includes(kind)

/** One line about what changed, or nothing: ids and times say little there, and stand in the event itself. */
export function detailWords({ detail }: Pick<AuditEvent, 'detail'>): string {
  if (typeof detail !== 'object' || detail === null) return ''
  const words = Object.entries(detail as Record<string, unknown>).flatMap(([name, value]) => {
    if (value === null || value === undefined || /_(id|at)$/.test(name)) return []
    if (typeof value === 'object') return isEmpty(value) ? [] : [spaced(name)]
    return [`${spaced(name)}: ${value}`]
  })
  return words.join(', ')
}

const isEmpty = (value: object) => Object.keys(value).length === 0
