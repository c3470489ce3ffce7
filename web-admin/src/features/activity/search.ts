//! What the address of the call log says: filters, and whether new calls are followed.

import type { CallFilter } from '@/api/queries'
import { bounds, readRange } from '@/lib/range'
import { oneOf, text } from '@/lib/search'

export const CALL_RANGES = ['1h', '24h', '7d', '30d'] as const
export const OUTCOMES = ['ok', 'tool_error', 'error', 'refused', 'cancelled'] as const
export const FAULTS = ['none', 'client', 'gateway', 'upstream'] as const

export type CallSearch = CallFilter & { live?: true }

export function readCallSearch(search: Record<string, unknown>): CallSearch {
  return {
    server: text(search.server),
    member: text(search.member),
    principal: text(search.principal),
    client: text(search.client),
    client_id: text(search.client_id),
    tool: text(search.tool),
    method: text(search.method),
    outcome: oneOf(search.outcome, OUTCOMES),
    fault: oneOf(search.fault, FAULTS),
    live: search.live === true ? true : undefined,
    ...readRange(search, CALL_RANGES, '24h'),
  }
}

/** The same of one server's page, which is about the server already. */
export function readServerCallSearch(search: Record<string, unknown>): CallSearch {
  return { ...readCallSearch(search), server: undefined }
}

/** What narrows the list, apart from time. */
export function hasFilters({ live: _, range: _r, from: _f, to: _t, ...what }: CallSearch): boolean {
  return Object.values(what).some(value => value !== undefined)
}

/** The same search for a file. */
export function exportOf({ live: _, range, from, to, ...what }: CallSearch, now: number) {
  return { ...what, ...bounds({ range, from, to }, now) }
}

/** The same search for a stream, which has no end and no beginning. */
export function tailOf({ live: _, range: _r, from: _f, to: _t, ...what }: CallSearch) {
  return what
}
