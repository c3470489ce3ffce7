//! Roll-ups as charts want them: one row for each point of time, also for those without calls. Pure.

import type { UsageFilter } from '@/api/queries'
import type { Tally, Usage, UsagePoint, UsageSeries } from '@/api/types'
import { RANGES, type Range, readRange } from '@/lib/range'
import { oneOf, text } from '@/lib/search'

export const USAGE_RANGES = ['24h', '7d', '30d', '90d'] as const
export const GROUPINGS = ['server', 'tool', 'client', 'user', 'group'] as const
export type Grouping = (typeof GROUPINGS)[number]

export type UsageSearch = Range & {
  by?: Grouping
  server?: string
  principal?: string
  client?: string
  tool?: string
  /** As a table instead of charts. */
  as?: 'table'
}

const DEFAULT_RANGE = '7d'
const DEFAULT_BY = 'server'

export function readUsageSearch(search: Record<string, unknown>): UsageSearch {
  const by = oneOf(search.by, GROUPINGS)
  return {
    by: by === DEFAULT_BY ? undefined : by,
    server: text(search.server),
    principal: text(search.principal),
    client: text(search.client),
    tool: text(search.tool),
    as: oneOf(search.as, ['table']),
    ...readRange(search, USAGE_RANGES, DEFAULT_RANGE),
  }
}

const SERVER_BY = 'tool'

/** The same of one server's page, which is about the server already. */
export function readServerUsageSearch(search: Record<string, unknown>): UsageSearch {
  const by = oneOf(search.by, GROUPINGS)
  return { ...readUsageSearch(search), server: undefined, by: by === SERVER_BY ? undefined : by }
}

/** By what usage is told apart unless the address says it. */
export const defaultBy = (fixed: { server: string } | undefined): Grouping => (fixed ? SERVER_BY : DEFAULT_BY)

const HOUR_S = 3_600
/** Longer than this, hours are too many to see. */
const HOURS_UP_TO_S = 4 * 86_400

/** What is asked of the API for what stands in the address. */
export function usageFilter(
  { as: _, by, range, from, to, ...what }: UsageSearch,
  now: number,
  fixed?: { server: string },
): UsageFilter {
  const isNamed = from === undefined && to === undefined
  const name = isNamed ? (range ?? DEFAULT_RANGE) : undefined
  const end = to === undefined ? now : Date.parse(to)
  const seconds = name ? RANGES[name].seconds : (end - Date.parse(from ?? new Date(0).toISOString())) / 1_000
  // The API gives a day before `to` by the hour, and thirty by the day, where `from` is missing.
  const bucket = from === undefined && !name ? 'day' : seconds <= HOURS_UP_TO_S ? 'hour' : 'day'
  return { ...what, ...fixed, range: name, from, to, bucket, group_by: by ?? defaultBy(fixed) }
}

export type Row = Tally & { at: number }

const stepMs = (bucket: Usage['bucket']) => (bucket === 'hour' ? HOUR_S : 24 * HOUR_S) * 1_000

/** The points of time of the whole stretch, as the API counts them: in UTC. */
function moments({ from, to, bucket }: Pick<Usage, 'from' | 'to' | 'bucket'>): number[] {
  const step = stepMs(bucket)
  const first = Math.ceil(Date.parse(from) / step) * step
  const end = Date.parse(to)
  const count = Math.max(0, Math.ceil((end - first) / step))
  return Array.from({ length: count }, (_, index) => first + index * step)
}

const NONE: Tally = { calls: 0, errors: 0, refused: 0 }

/** One row for each point; those without calls are zeros, and have no durations. */
export function rowsOf(usage: Usage): Row[] {
  const points = new Map(usage.all.points.map(point => [Date.parse(point.at), point]))
  return moments(usage).map(at => ({ ...NONE, ...points.get(at), at }))
}

export type Split = { ok: number; errors: number; refused: number }

/** The parts of a column: what is neither an error nor refused went well. */
export const splitOf = ({ calls, errors, refused }: Tally): Split => ({
  ok: Math.max(0, calls - errors - refused),
  errors,
  refused,
})

const SHOWN_MAX = 5

export type Part = { key: string; name: string }
export type StackRow = { at: number } & Record<string, number>

/** Calls of the largest series, and of all the rest, for each point of time. */
export function stackOf(usage: Usage): { parts: Part[]; rows: StackRow[] } {
  const largest = usage.series.slice(0, SHOWN_MAX)
  const byTime = (points: UsagePoint[]) => new Map(points.map(point => [Date.parse(point.at), point.calls]))
  const columns = largest.map((series, index) => ({ key: `s${index}`, calls: byTime(series.points) }))
  const all = byTime(usage.all.points)
  let hasRest = false
  const rows = moments(usage).map(at => {
    const row: StackRow = { at }
    let sum = 0
    for (const { key, calls } of columns) {
      row[key] = calls.get(at) ?? 0
      sum += row[key] ?? 0
    }
    // Somebody in two groups counts in both: then there is no rest to speak of.
    row.rest = Math.max(0, (all.get(at) ?? 0) - sum)
    hasRest ||= row.rest > 0
    return row
  })
  const parts = largest.map((series, index) => ({ key: `s${index}`, name: wholeName(series) }))
  return { parts: hasRest ? [...parts, { key: 'rest', name: 'Others' }] : parts, rows }
}

/** What a series is called, also where what it is of is gone. */
export function nameOf({ name, tool, client, id }: UsageSeries): string {
  const own = tool ?? client ?? name
  if (own !== undefined && own !== null) return own === '' ? 'Not named' : own
  return id ?? 'Not named'
}

/** Of a tool also its server: two may have one of that name. */
const wholeName = (series: UsageSeries): string =>
  series.tool && series.name ? `${series.tool} (${series.name})` : nameOf(series)

/** How the list of calls finds those of a series. */
export function searchOf(
  series: UsageSeries,
  by: Grouping,
): Pick<UsageSearch, 'server' | 'principal' | 'client' | 'tool'> | undefined {
  if (by === 'tool') return series.tool ? { tool: series.tool, server: series.id ?? undefined } : undefined
  if (by === 'client') return series.client ? { client: series.client } : undefined
  if (by === 'server') return series.id ? { server: series.id } : undefined
  return by === 'user' && series.id ? { principal: series.id } : undefined
}

/** The same on the page of one server: another server in it is a member. */
export function within<T extends { server?: string }>({ server, ...rest }: T, fixed: { server: string }) {
  return { ...rest, member: server === fixed.server ? undefined : server }
}

const hourFormat = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const dayFormat = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', timeZone: 'UTC' })
const dayHourFormat = new Intl.DateTimeFormat('en', {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

/** On the axis: days are those of UTC, hours those of the reader. */
export const tick = (at: number, bucket: Usage['bucket']): string =>
  (bucket === 'hour' ? hourFormat : dayFormat).format(at)

/** In a tooltip and in a table. */
export const moment = (at: number, bucket: Usage['bucket']): string =>
  (bucket === 'hour' ? dayHourFormat : dayFormat).format(at)
