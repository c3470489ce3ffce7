//! What the console knows about a server's tools: those that are switched, and those that were called. Pure.

import type { ToolSwitches, Usage } from '@/api/types'

export type ToolRow = {
  name: string
  isOn: boolean
  /** Named by a switch; others go by what new tools do. */
  isSwitched: boolean
  /** In the last 30 days. */
  calls: number
}

/** By name; `q` is a part of it. */
export function toolRows(switches: ToolSwitches, usage: Usage | undefined, q: string | undefined): ToolRow[] {
  const { on = [], off = [], new_tools = 'on' } = switches
  const calls = new Map(usage?.series.flatMap(({ tool, total }) => (tool ? [[tool, total.calls]] : [])))
  const names = new Set([...on, ...off, ...calls.keys()])
  const wanted = (q ?? '').toLowerCase()
  return [...names]
    .filter(name => name.toLowerCase().includes(wanted))
    .sort((a, b) => a.localeCompare(b))
    .map(name => ({
      name,
      isSwitched: on.includes(name) || off.includes(name),
      isOn: on.includes(name) || (!off.includes(name) && new_tools === 'on'),
      calls: calls.get(name) ?? 0,
    }))
}
