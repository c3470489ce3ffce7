//! Times as people say them, beside the exact one.

const STEPS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3_600, 60, 'minute'],
  [86_400, 3_600, 'hour'],
  [2_592_000, 86_400, 'day'],
  [31_536_000, 2_592_000, 'month'],
  [Number.POSITIVE_INFINITY, 31_536_000, 'year'],
]

const relativeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const exactFormat = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })

/** Such as “3 minutes ago”, “in 2 days”, “just now”. */
export function relative(at: string, now: number): string {
  const seconds = (Date.parse(at) - now) / 1_000
  const size = Math.abs(seconds)
  if (size < 10) return 'just now'
  const [, unitSeconds, unit] = STEPS.find(([limit]) => size < limit) ??
    STEPS[STEPS.length - 1] ?? [0, 1, 'second']
  // What began a moment ago to last 90 days ends in 3 months, not in 2.
  const round = seconds > 0 ? Math.round : Math.trunc
  return relativeFormat.format(round(seconds / unitSeconds), unit as Intl.RelativeTimeFormatUnit)
}

const clockFormat = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' })
const dayFormat = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' })

/** To the second, for logs: “05:39:02”, and the day where it is another one. */
export function clock(at: string, now: number): string {
  const [time, day, today] = [
    clockFormat.format(new Date(at)),
    dayFormat.format(new Date(at)),
    dayFormat.format(now),
  ]
  return day === today ? time : `${day}, ${time}`
}

/** With the time zone of the reader. */
export const exact = (at: string): string => exactFormat.format(new Date(at))
