//! What the console knows about a server's tools: what the server lists, what is switched, and what was called. Pure.

import type { ToolSwitches, Usage } from '@/api/types'
import type { Offered } from '@/lib/mcp'

export type ToolRow = {
  name: string
  /** As the server lists it to the person; one that is off is in no list. */
  tool: Offered | undefined
  isOn: boolean
  /** Named by a switch; others go by what new tools do. */
  isSwitched: boolean
  /** In the last 30 days. */
  calls: number
}

type Known = {
  listed: readonly Offered[] | undefined
  /** For managers only. */
  switches?: ToolSwitches | undefined
  usage?: Usage | undefined
}

/** By name; `q` is a part of its name, title or description. */
export function toolRows({ listed = [], switches = {}, usage }: Known, q: string | undefined): ToolRow[] {
  const { on = [], off = [], new_tools = 'on' } = switches
  const tools = new Map(listed.map(tool => [tool.name, tool]))
  const calls = new Map(usage?.series.flatMap(({ tool, total }) => (tool ? [[tool, total.calls]] : [])))
  const names = new Set([...tools.keys(), ...on, ...off, ...calls.keys()])
  const wanted = (q ?? '').toLowerCase()
  return [...names]
    .map(name => ({
      name,
      tool: tools.get(name),
      isSwitched: on.includes(name) || off.includes(name),
      isOn: on.includes(name) || (!off.includes(name) && new_tools === 'on'),
      calls: calls.get(name) ?? 0,
    }))
    .filter(({ name, tool }) =>
      `${name}\n${tool?.title ?? ''}\n${tool?.description ?? ''}`.toLowerCase().includes(wanted),
    )
    .sort((a, b) => a.name.localeCompare(b.name))
}
