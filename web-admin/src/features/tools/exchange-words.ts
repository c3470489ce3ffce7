//! What went over the wire, so that people can read it. Pure.

import type { Exchange } from '@/api/types'

/** Longer than this stays as it came: to make it pretty would hold the page up. */
const PRETTY_MAX = 400_000

const indented = (text: string): string | undefined => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return undefined
  }
}

/** JSON with line breaks, also within the events of a stream; anything else as it is. */
export function readable(body: string): string {
  if (body.length > PRETTY_MAX) return body
  const whole = indented(body)
  if (whole !== undefined) return whole
  if (!/^(data|event|id|retry|:)/m.test(body)) return body
  return body
    .split(/\r\n|\r|\n/)
    .map(line => {
      const [, data] = /^data: ?(.*)$/.exec(line) ?? []
      const pretty = data === undefined ? undefined : indented(data)
      return pretty === undefined ? line : `data: ${pretty}`
    })
    .join('\n')
}

/** Such as “tools/call — 200”. */
export function exchangeTitle({ name, response }: Exchange): string {
  return `${name}, ${response ? `HTTP ${response.status}` : 'no answer'}`
}

/** A request or an answer in one text, as tools for the command line show it. */
export function wholeText(lines: string, headers: { name: string; value: string }[], body: string): string {
  const head = headers.map(({ name, value }) => `${name}: ${value}`)
  return [lines, ...head, '', body].join('\n')
}
