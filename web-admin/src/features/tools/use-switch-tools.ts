//! Switching tools on and off: at once, on every node.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { offered, toolSwitches } from '@/api/queries'
import type { ToolSwitchChange, ToolSwitches } from '@/api/types'
import { toast } from '@/components/ui/toast'
import { useServer } from '@/lib/server'

/** Nodes have a change well within this. */
const EVERYWHERE_MS = 1_000

/** Shows the wish at once: a switch that was refused goes back, and says why. */
export function useSwitchTools() {
  const { tenant, server } = useServer()
  const client = useQueryClient()
  const { queryKey } = toolSwitches(tenant, server.id)
  const list = offered(tenant, server.id, 'tools')
  /** What is on now may never have been listed. What is off keeps its description here as long as the page knows it. */
  const listAgain = ({ on = [], reset = [], new_tools }: ToolSwitchChange) => {
    const known = new Set(client.getQueryData(list.queryKey)?.items.map(({ name }) => name))
    const isAllKnown = [...on, ...reset].every(name => known.has(name))
    if (isAllKnown && new_tools === undefined) return
    setTimeout(() => void client.invalidateQueries({ queryKey: list.queryKey }), EVERYWHERE_MS)
  }
  return useMutation({
    mutationFn: (body: ToolSwitchChange) =>
      take(
        api.PATCH('/api/v1/tenants/{tenant}/servers/{server}/tool-switches', {
          params: { path: { tenant, server: server.id } },
          body,
        }),
      ),
    onMutate: async body => {
      await client.cancelQueries({ queryKey })
      const before = client.getQueryData(queryKey)
      if (before) client.setQueryData(queryKey, applied(before, body))
      return before
    },
    onError: (error, _, before) => {
      client.setQueryData(queryKey, before)
      toast.failed(error)
    },
    onSuccess: (switches, body) => {
      client.setQueryData(queryKey, switches)
      listAgain(body)
    },
  })
}

function applied(before: ToolSwitches, change: ToolSwitchChange): ToolSwitches {
  const { on = [], off = [], reset = [] } = change
  const without = (names: string[] | undefined, gone: string[]) =>
    (names ?? []).filter(name => !gone.includes(name))
  return {
    new_tools: change.new_tools ?? before.new_tools,
    on: [...without(before.on, [...on, ...off, ...reset]), ...on],
    off: [...without(before.off, [...on, ...off, ...reset]), ...off],
  }
}
