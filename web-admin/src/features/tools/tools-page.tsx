//! Which tools of a server are on. A switch acts at once, on every node.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Lock, Wrench } from 'lucide-react'
import { useCallback, useId } from 'react'
import { api, take } from '@/api/client'
import { calledTools, toolSwitches } from '@/api/queries'
import type { ToolSwitchChange, ToolSwitches } from '@/api/types'
import { SearchField } from '@/components/data-table'
import { EmptyState } from '@/components/page'
import { ProblemPanel } from '@/components/problem'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Select } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'
import { Switch } from '@/components/ui/switch'
import { toast } from '@/components/ui/toast'
import { useServer } from '@/lib/server'
import { SwitchByName } from './switch-by-name'
import { type ToolRow, toolRows } from './tool-rows'

const route = getRouteApi('/$tenant/servers/$server/tools')

export function ToolsPage() {
  const { server, may } = useServer()
  if (!may.yes) {
    return (
      <EmptyState icon={<Lock />} title="Switches are its managers’">
        {may.why} Your IDE lists the tools that are on for you.
      </EmptyState>
    )
  }
  if (server.kind === 'virtual') {
    return (
      <EmptyState icon={<Wrench />} title="Its tools are those of its members">
        A virtual server offers what was picked of each member. A tool that is switched off at a member is off
        here, too.
      </EmptyState>
    )
  }
  return <Switches />
}

function Switches() {
  const { tenant, server } = useServer()
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: { q }, replace: true }),
    [navigate],
  )
  const switches = useQuery(toolSwitches(tenant, server.id))
  const called = useQuery(calledTools(tenant, server.id))
  const change = useSwitchTools()
  if (switches.isError) return <ProblemPanel error={switches.error} onRetry={() => void switches.refetch()} />
  if (switches.isPending || called.isPending) return <Skeleton className="h-64 w-full" />
  const rows = toolRows(switches.data, called.data, q)
  return (
    <div className="space-y-5">
      <NewTools
        value={switches.data.new_tools ?? 'on'}
        onChange={new_tools => change.mutate({ new_tools })}
      />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <SearchField label="Find a tool" value={q} onChange={setText} />
        <SwitchByName onSwitch={(name, on) => change.mutateAsync(on ? { on: [name] } : { off: [name] })} />
      </div>
      {rows.length > 0 ? (
        <Card className="divide-y divide-line">
          {rows.map(row => (
            <Tool key={row.name} row={row} onChange={change.mutate} />
          ))}
        </Card>
      ) : (
        <Nothing text={q} />
      )}
    </div>
  )
}

/** Shows the wish at once: a switch that was refused goes back, and says why. */
function useSwitchTools() {
  const { tenant, server } = useServer()
  const client = useQueryClient()
  const { queryKey } = toolSwitches(tenant, server.id)
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
    onSuccess: switches => client.setQueryData(queryKey, switches),
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

type NewTools = NonNullable<ToolSwitches['new_tools']>

function NewTools({ value, onChange }: { value: NewTools; onChange: (value: NewTools) => void }) {
  const id = useId()
  return (
    <Card className="flex flex-wrap items-center justify-between gap-3 p-5">
      <div className="min-w-0 flex-1 basis-72">
        <label htmlFor={id} className="font-medium">
          Tools that nobody has switched
        </label>
        <p className="text-quiet">
          Also those that the server adds later. Held: off until somebody switches them on.
        </p>
      </div>
      <Select
        id={id}
        className="w-32"
        value={value}
        onChange={event => onChange(event.target.value as NewTools)}
      >
        <option value="on">On</option>
        <option value="held">Held</option>
      </Select>
    </Card>
  )
}

function Tool({ row, onChange }: { row: ToolRow; onChange: (change: ToolSwitchChange) => void }) {
  const id = useId()
  return (
    <div className="flex min-h-13 items-center gap-3 px-4 py-2">
      <label htmlFor={id} className="min-w-0 flex-1 break-all font-mono text-[0.8125rem]">
        {row.name}
      </label>
      <span className="whitespace-nowrap text-[0.8125rem] text-quiet max-md:hidden">
        {row.calls > 0 ? `${row.calls.toLocaleString('en')} calls in 30 days` : 'Not called lately'}
      </span>
      {row.isSwitched && (
        <Button kind="quiet" size="sm" onClick={() => onChange({ reset: [row.name] })}>
          Reset
        </Button>
      )}
      <Switch
        id={id}
        checked={row.isOn}
        onCheckedChange={on => onChange(on ? { on: [row.name] } : { off: [row.name] })}
      />
    </div>
  )
}

const Nothing = ({ text }: { text: string | undefined }) =>
  text ? (
    <EmptyState title="No tool of that name">
      No tool that was called or switched has “{text}” in its name.
    </EmptyState>
  ) : (
    <EmptyState icon={<Wrench />} title="No tool was called or switched yet">
      Tools appear here once they are called. To switch one off before that, name it above.
    </EmptyState>
  )
