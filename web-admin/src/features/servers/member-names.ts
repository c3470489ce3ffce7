//! How the members of a virtual server are told apart in the names that clients see. Mirrors proto/src/members.rs, by which
//! nodes route; this only shows it beforehand. Pure.

import { sha256 } from '@/lib/sha256'

/** Longest name of a tool or prompt that every client takes, in bytes. */
export const NAME_BYTES_MAX = 64
const ALIAS_LEN_MAX = 20
const HEAD_BYTES = 55
const DIGEST_HEX_LEN = 8

export const isAlias = (text: string): boolean => /^[a-z][a-z0-9-]{0,19}$/.test(text)

export const ALIAS_RULE = 'must be 1 to 20 lower-case letters, digits and hyphens, starting with a letter'

/** An alias made of a slug; another if that one is taken. */
export function proposedAlias(slug: string, taken: readonly string[]): string {
  const plain = slug.slice(0, ALIAS_LEN_MAX).replace(/-+$/, '')
  for (let number = 2; ; number++) {
    const alias = number === 2 ? plain : `${plain.slice(0, ALIAS_LEN_MAX - 3)}-${number - 1}`
    if (!taken.includes(alias)) return alias
  }
}

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/** The name of a tool or prompt of the member. One that would be too long keeps its head and ends in a digest of the whole. */
export function exposedName(alias: string, name: string): string {
  const whole = `${alias}_${name}`
  if (bytesOf(whole) <= NAME_BYTES_MAX) return whole
  return `${head(whole)}_${sha256(whole).slice(0, DIGEST_HEX_LEN)}`
}

/** As many whole characters as there is room for. */
function head(text: string): string {
  let kept = ''
  let bytes = 0
  for (const letter of text) {
    bytes += bytesOf(letter)
    if (bytes > HEAD_BYTES) break
    kept += letter
  }
  return kept
}

/** What the member itself calls what clients call `exposed`; nothing if that is not this member's. */
export const ownName = (alias: string, exposed: string): string | undefined =>
  exposed.startsWith(`${alias}_`) ? exposed.slice(alias.length + 1) : undefined

export const exposedUri = (alias: string, uri: string): string => `${alias}+${uri}`
