//! From the forms about keys and tokens to the API's shape.

/** When a key ends, as the API wants it. */
export type Expiry = { expires_in_days: number; never_expires: false } | { never_expires: true }

export const EXPIRY_OPTIONS = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: 'never', label: 'Never: until somebody revokes it' },
] as const

export const expiryOf = (choice: string): Expiry =>
  choice === 'never'
    ? { never_expires: true }
    : { expires_in_days: Number.parseInt(choice, 10), never_expires: false }

/** How long the old key works on beside the new one, in seconds. */
export const OVERLAP_OPTIONS = [
  { value: '0', label: 'Not at all: it ends now' },
  { value: '3600', label: 'An hour' },
  { value: '86400', label: 'A day' },
  { value: '604800', label: 'A week' },
  { value: '2592000', label: '30 days' },
] as const

export type KeyForm = { name: string; expiry: string; reach: 'all' | 'some'; servers: readonly string[] }

export function newKey({ name, expiry, reach, servers }: KeyForm) {
  return { name, ...expiryOf(expiry), ...(reach === 'some' && { server_ids: [...servers] }) }
}
