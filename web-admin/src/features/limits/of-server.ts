//! Which limits hold at a server. Pure.

import type { LimitRule } from '@/api/types'

/** `own` name the server, `all` name none and hold everywhere. */
export function limitsOf(
  rules: readonly LimitRule[],
  server: string,
): { own: LimitRule[]; all: LimitRule[] } {
  return {
    own: rules.filter(({ servers = [] }) => servers.includes(server)),
    all: rules.filter(({ servers = [] }) => servers.length === 0),
  }
}
