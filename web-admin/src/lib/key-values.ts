//! API keys: the form's state, what it becomes, and words about keys. Pure.

import type { ApiKey } from '@/api/types'

export type KeyValues = {
  name: string
  /** Days, or `never`. */
  expires: string
  reach: 'all' | 'chosen'
  servers: string[]
}

export const NEW_KEY: KeyValues = { name: '', expires: '90', reach: 'all', servers: [] }

export const EXPIRIES = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: 'never', label: 'Never: until somebody revokes it' },
] as const

export type KeyBody = {
  name: string
  expires_in_days?: number
  never_expires?: boolean
  server_ids?: string[]
}

export const keyBody = ({ name, expires, reach, servers }: KeyValues): KeyBody => ({
  name: name.trim(),
  ...(expires === 'never' ? { never_expires: true } : { expires_in_days: Number(expires) }),
  ...(reach === 'chosen' ? { server_ids: servers } : {}),
})

export const keyFieldOf = (field: string): string => {
  if (field.startsWith('server_ids')) return 'servers'
  return field === 'expires_in_days' || field === 'never_expires' ? 'expires' : field
}

/** How long the old key works on beside the new one, in seconds. */
export const OVERLAPS = [
  { value: '0', label: 'Not at all: it ends now' },
  { value: '3600', label: 'An hour' },
  { value: '86400', label: 'A day' },
  { value: '604800', label: 'A week' },
  { value: '2592000', label: '30 days' },
] as const

type Tone = 'plain' | 'good' | 'warning' | 'alert'

const SOON_MS = 14 * 86_400_000

/** What to say of a key beside its name; nothing if all is well. */
export function keyState(
  { status, expires_at, successor_id }: Pick<ApiKey, 'status' | 'expires_at' | 'successor_id'>,
  now: number,
): { label: string; tone: Tone } | undefined {
  if (status === 'revoked') return { label: 'Revoked', tone: 'plain' }
  if (status === 'expired') return { label: 'Expired', tone: 'plain' }
  if (successor_id) return { label: 'Replaced, ends soon', tone: 'warning' }
  const isSoon = expires_at && Date.parse(expires_at) - now < SOON_MS
  return isSoon ? { label: 'Ends soon', tone: 'warning' } : undefined
}
