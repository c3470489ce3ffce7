//! A stretch of time as the address has it: a word such as `7d`, or two times. A word moves on with the clock.

import { oneOf, text } from './search'

export const RANGES = {
  '1h': { label: 'Last hour', seconds: 3_600 },
  '24h': { label: 'Last 24 hours', seconds: 86_400 },
  '7d': { label: 'Last 7 days', seconds: 604_800 },
  '30d': { label: 'Last 30 days', seconds: 2_592_000 },
  '90d': { label: 'Last 90 days', seconds: 7_776_000 },
} as const

export type RangeName = keyof typeof RANGES

/** `from` and `to` are exact times, and count only where there is no word. */
export type Range = { range?: RangeName; from?: string; to?: string }

/** Whatever stands in the address; `fallback` leaves no trace there. */
export function readRange(
  search: Record<string, unknown>,
  names: readonly RangeName[],
  fallback?: RangeName,
): Range {
  const [from, to] = [time(search.from), time(search.to)]
  if (from !== undefined || to !== undefined) return { from, to }
  const range = oneOf(search.range, names)
  return { range: range === fallback ? undefined : range }
}

function time(value: unknown): string | undefined {
  const at = Date.parse(text(value) ?? '')
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

/** What is asked of the API. To the whole minute, so that what is asked twice in a row is asked once. */
export function bounds({ range, from, to }: Range, now: number): { from?: string; to?: string } {
  if (range === undefined) return { from, to }
  const minute = Math.floor(now / 60_000) * 60_000
  return { from: new Date(minute - RANGES[range].seconds * 1_000).toISOString() }
}

const dayFormat = new Intl.DateTimeFormat('en', {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

/** Such as “Last 7 days”, or “Nov 3, 10:00 – Nov 4, 12:30”. */
export function rangeWords({ range, from, to }: Range, otherwise: string): string {
  if (range !== undefined) return RANGES[range].label
  const words = (at: string) => dayFormat.format(new Date(at))
  if (from && to) return `${words(from)} – ${words(to)}`
  if (from) return `Since ${words(from)}`
  return to ? `Until ${words(to)}` : otherwise
}

/** For a field of type `datetime-local`, in the reader's time zone. */
export function localTime(at: string | undefined): string {
  if (at === undefined) return ''
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
