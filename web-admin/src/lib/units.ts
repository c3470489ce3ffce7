//! Numbers with their units, as people say them.

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export const count = (value: number): string => number.format(value)
/** Where there is little room, such as an axis: “12.4K”. */
export const short = (value: number): string => compact.format(value)

/** Such as “3 tools”, “1 tool”. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** From microseconds: “240 µs”, “3.2 ms”, “412 ms”, “1.8 s”, “2 min 5 s”. */
export function took(us: number): string {
  if (us < 1_000) return `${Math.round(us)} µs`
  const ms = us / 1_000
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  const s = ms / 1_000
  if (s < 59.95) return `${s.toFixed(1)} s`
  const whole = Math.round(s)
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

export function bytes(value: number): string {
  if (value < 1_000) return plural(value, 'byte')
  const units = ['KB', 'MB', 'GB']
  let size = value / 1_000
  let unit = 0
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000
    unit += 1
  }
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}

/** Of a whole: “12%”, “0.4%”; “<0.1%” where it is not nothing. */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0%'
  const percent = (part / whole) * 100
  if (percent < 0.1) return '<0.1%'
  return percent < 9.95 && part !== whole ? `${Number(percent.toFixed(1))}%` : `${Math.round(percent)}%`
}

const SPANS: [seconds: number, unit: string][] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
]

/** From whole seconds: “1 hour”, “90 minutes”, “2 days”: in the largest unit that divides it. */
export function span(seconds: number): string {
  const [size, unit] = SPANS.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, 'second']
  return plural(seconds / size, unit)
}
