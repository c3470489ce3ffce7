//! What a server offers to the person: its tools, with their switches for who manages it or reads
//! everything, its prompts and its resources.
//! Each can be tried.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Wrench } from 'lucide-react'
import { useCallback, useId } from 'react'
import { calledTools, offered, toolSwitches } from '@/api/queries'
import type { ToolSwitches } from '@/api/types'
import { SearchField } from '@/components/data-table'
import { EmptyState } from '@/components/page'
import { ProblemPanel } from '@/components/problem'
import { ReadOnly } from '@/components/read-only'
import { Card } from '@/components/ui/card'
import { Select } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { useSession } from '@/lib/session'
import { NoAccess } from './answer'
import { ListNotice } from './list-notice'
import { Prompts } from './prompts'
import { Resources } from './resources'
import { SwitchByName } from './switch-by-name'
import { ToolList } from './tool-list'
import { BackToList, ToolPage } from './tool-page'
import { toolRows } from './tool-rows'
import { useSwitchTools } from './use-switch-tools'

const route = getRouteApi('/$tenant/servers/$server/tools')

export function ToolsPage() {
  const { part, tool } = route.useSearch()
  // Lists are asked for in the person's name, and so is every call.
  if (!useMayCall()) return <Tools />
  if (part === undefined && tool !== undefined) return <OneTool key={tool} name={tool} />
  return (
    <div className="space-y-5">
      <Parts />
      {part === 'prompts' && <Prompts />}
      {part === 'resources' && <Resources />}
      {part === undefined && <Tools />}
    </div>
  )
}

/** Whoever sees the server by their role in the organisation only may not. */
const useMayCall = () => useServer().server.your_role !== undefined

const PARTS = [
  { part: undefined, label: 'Tools' },
  { part: 'prompts', label: 'Prompts' },
  { part: 'resources', label: 'Resources' },
] as const

function Parts() {
  const { tenant, server } = useServer()
  return (
    <nav aria-label="What it offers" className="inline-flex rounded-lg border bg-card p-0.5">
      {PARTS.map(({ part, label }) => (
        <Link
          key={label}
          {...paths.tools(tenant, server.id)}
          search={{ part }}
          activeOptions={{ explicitUndefined: true }}
          className="flex h-8 items-center rounded-md px-3 text-quiet hover:text-text max-md:h-10"
          activeProps={{ className: 'bg-hover font-medium text-text!' }}
        >
          {label}
        </Link>
      ))}
    </nav>
  )
}

function OneTool({ name }: { name: string }) {
  const { tenant, server } = useServer()
  const list = useQuery(offered(tenant, server.id, 'tools'))
  const tool = list.data?.items.find(tool => tool.name === name)
  if (tool) return <ToolPage tool={tool} />
  return (
    <>
      <BackToList part={undefined} label="All tools" />
      {list.isPending ? (
        <Skeleton className="h-64 w-full" />
      ) : (
        <div className="space-y-5">
          <ListNotice list={list} what="tools" />
          <EmptyState icon={<Wrench />} title="Not in your list">
            The server lists no tool “{name}” to you: it may be off, or have another name now.
          </EmptyState>
        </div>
      )}
    </>
  )
}

function Tools() {
  const { tenant, server, may } = useServer()
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: { q }, replace: true }),
    [navigate],
  )
  const mayCall = useMayCall()
  const readsAll = can.readAllServers(useSession()).yes
  // A virtual server has no switches: those of its members hold.
  const enabled = (may.yes || readsAll) && server.kind === 'single'
  const list = useQuery({ ...offered(tenant, server.id, 'tools'), enabled: mayCall })
  const switches = useQuery({ ...toolSwitches(tenant, server.id), enabled })
  const called = useQuery({ ...calledTools(tenant, server.id), enabled })
  const change = useSwitchTools()
  if (switches.isError) return <ProblemPanel error={switches.error} onRetry={() => void switches.refetch()} />
  if (enabled && (switches.isPending || called.isPending)) return <Skeleton className="h-64 w-full" />
  const rows = toolRows({ listed: list.data?.items, switches: switches.data, usage: called.data }, q)
  return (
    <div className="space-y-5">
      {enabled && (
        <ReadOnly may={may}>
          <NewTools
            value={switches.data?.new_tools ?? 'on'}
            onChange={new_tools => change.mutate({ new_tools })}
          />
        </ReadOnly>
      )}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <SearchField label="Find a tool" value={q} onChange={setText} />
        {enabled && (
          <SwitchByName
            may={may}
            onSwitch={(name, on) => change.mutateAsync(on ? { on: [name] } : { off: [name] })}
          />
        )}
      </div>
      <ListNotice list={list} what="tools" />
      {rows.length > 0 && (
        <ToolList
          rows={rows}
          isListed={list.isSuccess && list.data.refusal === undefined}
          hasSwitches={enabled}
          onSwitch={may.yes ? change.mutate : undefined}
        />
      )}
      {!mayCall && <NoAccess />}
      {/* Switches wait for no server: it may be slow, or away. */}
      {list.isLoading && <Asking />}
      {rows.length === 0 && list.isSuccess && (q || list.data.refusal === undefined) && <Nothing text={q} />}
    </div>
  )
}

const Asking = () => (
  <div role="status">
    <p className="mb-2 text-quiet">Asking the server for its list…</p>
    <Skeleton className="h-48 w-full" />
  </div>
)

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

const Nothing = ({ text }: { text: string | undefined }) =>
  text ? (
    <EmptyState title="No tool of that name">
      No tool has “{text}” in its name, its title or its description.
    </EmptyState>
  ) : (
    <EmptyState icon={<Wrench />} title="The server lists no tools">
      It answers, and offers none to you. It may have prompts or resources.
    </EmptyState>
  )
