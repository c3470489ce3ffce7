//! The call log: who called what, how it ended. With Live on, calls appear as they are stored.

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Activity, Download, Radio } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { callList, keys } from '@/api/queries'
import { DataTable } from '@/components/data-table'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem, MenuLabel } from '@/components/ui/menu'
import { can } from '@/lib/can'
import { files, pages } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { ActivityNav } from './activity-nav'
import { callColumns } from './call-columns'
import { CallFilters } from './call-filters'
import { LiveCalls } from './live-calls'
import { type CallSearch, exportOf, hasFilters, tailOf } from './search'

const route = getRouteApi('/$tenant/activity/')

export function CallsPage() {
  const { tenant } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const seesAll = can.readAllCalls(useSession())
  const change = useCallback(
    (change: Partial<CallSearch>) =>
      void navigate({ search: before => ({ ...before, ...change }), replace: true }),
    [navigate],
  )
  const { live, ...filter } = search
  const client = useQueryClient()
  const turnLive = () => {
    // What was seen to come must not be gone from the list behind it, which was read before.
    if (live) void client.invalidateQueries({ queryKey: keys.calls(tenant) })
    change({ live: live ? undefined : true })
  }
  return (
    <Page
      title="Activity"
      tab="Calls"
      description={
        seesAll.yes
          ? 'Every request to your servers: who, with what, how it ended. Never what was said.'
          : seesAll.why
      }
      actions={<ExportMenu tenant={tenant} search={search} />}
    >
      <ActivityNav />
      <div className="mb-4 flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <CallFilters value={search} onChange={change} />
        </div>
        <Button
          size="sm"
          aria-pressed={live ?? false}
          className={live ? 'border-accent bg-accent-soft text-accent hover:bg-accent-soft' : ''}
          onClick={turnLive}
        >
          <Radio /> Live
        </Button>
      </div>
      {live ? (
        <LiveCalls key={JSON.stringify(tailOf(search))} tenant={tenant} search={search} />
      ) : (
        <CallTable
          tenant={tenant}
          filter={filter}
          onClear={() => void navigate({ search: {}, replace: true })}
        />
      )}
    </Page>
  )
}

type CallTableProps = { tenant: string; filter: CallSearch; onClear: () => void }

function CallTable({ tenant, filter, onClear }: CallTableProps) {
  const query = useInfiniteQuery(callList(tenant, filter))
  const columns = useMemo(() => callColumns(tenant), [tenant])
  const isNarrow = hasFilters(filter) || filter.range !== undefined || filter.from !== undefined
  return (
    <DataTable
      noun={['call', 'calls']}
      query={query}
      columns={columns}
      rowId={call => call.id}
      empty={isNarrow ? <NothingFound onClear={onClear} /> : <NoCalls tenant={tenant} />}
    />
  )
}

function ExportMenu({ tenant, search }: { tenant: string; search: CallSearch }) {
  const parameters = () => exportOf(search, Date.now())
  const trigger = (
    <Button>
      <Download /> Export
    </Button>
  )
  return (
    <Menu trigger={trigger}>
      <MenuLabel>What the filters find, at most 500,000 calls</MenuLabel>
      <MenuItem asChild>
        <a href={files.calls(tenant, 'csv', parameters())} download>
          CSV, for spreadsheets
        </a>
      </MenuItem>
      <MenuItem asChild>
        <a href={files.calls(tenant, 'ndjson', parameters())} download>
          NDJSON, for programs
        </a>
      </MenuItem>
    </Menu>
  )
}

const NoCalls = ({ tenant }: { tenant: string }) => (
  <EmptyState
    icon={<Activity />}
    title="No calls in the last 24 hours"
    action={
      <Button asChild>
        <a href={pages.home(tenant)}>Add a server to your IDE</a>
      </Button>
    }
  >
    As soon as somebody’s IDE or agent talks to a server, each request is a line here: how it ended, how long
    it took, and if it failed, whose fault it was and what to do.
  </EmptyState>
)

const NothingFound = ({ onClear }: { onClear: () => void }) => (
  <EmptyState
    title="No call fits these filters"
    action={<Button onClick={onClear}>Clear the filters</Button>}
  >
    Names must fit exactly. A longer time may find more: at most 31 days at once.
  </EmptyState>
)
