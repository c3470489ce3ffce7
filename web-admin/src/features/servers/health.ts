//! How a server fares, from its calls of the last 24 hours. Pure.

import type { Tally, Usage } from '@/api/types'
import { plural, share } from '@/lib/units'

export type Health = { label: string; tone: 'plain' | 'good' | 'warning' | 'alert'; what: string }

/** As many series as the API gives at once: what has fewer calls than those is not known. */
export const SERIES_MAX = 50
/** Fewer failures are everybody's daily bread. */
const FAILING_FROM = 0.05
const BROKEN_FROM = 0.5

/** `isAll`: everybody's calls, not the reader's own alone. */
export function healthOf({ calls, errors, refused }: Tally, isAll: boolean): Health {
  const said = isAll ? plural(calls, 'call') : `${plural(calls, 'call')} of yours`
  if (calls === 0) {
    const what = isAll ? 'Nobody called it' : 'You did not call it'
    return { label: 'No calls', tone: 'plain', what: `${what} in the last 24 hours.` }
  }
  if (refused === calls) {
    return {
      label: 'All refused',
      tone: 'warning',
      what: `Portway refused ${said} in the last 24 hours: none got through.`,
    }
  }
  const what =
    errors === 0
      ? `None of ${said} in the last 24 hours failed.`
      : `${share(errors, calls)} of ${said} in the last 24 hours failed: the server or a tool of it answered with an error, or nobody answered.`
  if (errors / calls < FAILING_FROM) return { label: 'Working', tone: 'good', what }
  const label = `Failing: ${share(errors, calls)} of calls`
  return { label, tone: errors / calls < BROKEN_FROM ? 'warning' : 'alert', what }
}

const NO_CALLS: Tally = { calls: 0, errors: 0, refused: 0 }

/** The tally of a server in usage by server; nothing where that does not say. */
export function tallyOf(usage: Pick<Usage, 'series'> | undefined, server: string): Tally | undefined {
  if (!usage) return undefined
  const found = usage.series.find(({ id }) => id === server)
  return found?.total ?? (usage.series.length < SERIES_MAX ? NO_CALLS : undefined)
}
