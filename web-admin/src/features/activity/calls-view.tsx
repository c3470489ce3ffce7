//! Calls with their filters, as a list or live: of the organisation, or of one server.

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Download, Radio } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'
import { callList, keys } from '@/api/queries'
import { DataTable } from '@/components/data-table'
import { EmptyState } from '@/components/page'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem, MenuLabel } from '@/components/ui/menu'
import { files } from '@/lib/paths'
import { useTenant } from '@/lib/session'
import { callColumns } from './call-columns'
import { CallFilters, type CallPart } from './call-filters'
import { LiveCalls } from './live-calls'
import { type CallSearch, exportOf, hasFilters, tailOf } from './search'

type CallsViewProps = {
  /** As it stands in the address. */
  search: CallSearch
  onChange: (change: Partial<CallSearch>) => void
  onClear: () => void
  /** What the page is about, besides the address. */
  fixed?: { server: string }
  /** Filters that make no sense here. */
  without?: readonly CallPart[]
  /** Where nothing was called lately. */
  empty: ReactNode
  /** Beside the filters. */
  actions?: ReactNode
}

export function CallsView({ search, onChange, onClear, fixed, without, empty, actions }: CallsViewProps) {
  const { live, ...filter } = { ...search, ...fixed }
  const [tenant, client] = [useTenant(), useQueryClient()]
  const turnLive = () => {
    // What was seen to come must not be gone from the list behind it, which was read before.
    if (live) void client.invalidateQueries({ queryKey: keys.calls(tenant) })
    onChange({ live: live ? undefined : true })
  }
  const isNarrow = hasFilters(search) || search.range !== undefined || search.from !== undefined
  return (
    <>
      <div className="mb-4 flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <CallFilters value={search} without={without} onChange={onChange} />
        </div>
        <Button
          size="sm"
          aria-pressed={live ?? false}
          className={live ? 'border-accent bg-accent-soft text-accent hover:bg-accent-soft' : ''}
          onClick={turnLive}
        >
          <Radio /> <span className="max-md:sr-only">Live</span>
        </Button>
        {actions}
      </div>
      {live ? (
        <LiveCalls key={JSON.stringify(tailOf(filter))} search={filter} />
      ) : (
        <CallTable filter={filter} empty={isNarrow ? <NothingFound onClear={onClear} /> : empty} />
      )}
    </>
  )
}

function CallTable({ filter, empty }: { filter: CallSearch; empty: ReactNode }) {
  const tenant = useTenant()
  const query = useInfiniteQuery(callList(tenant, filter))
  const columns = useMemo(() => callColumns(tenant), [tenant])
  return (
    <DataTable
      noun={['call', 'calls']}
      query={query}
      columns={columns}
      rowId={call => call.id}
      empty={empty}
    />
  )
}

export function ExportMenu({ search, size }: { search: CallSearch; size?: 'sm' }) {
  const tenant = useTenant()
  const parameters = () => exportOf(search, Date.now())
  const trigger = (
    <Button size={size}>
      <Download /> <span className={size && 'max-md:sr-only'}>Export</span>
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

const NothingFound = ({ onClear }: { onClear: () => void }) => (
  <EmptyState
    title="No call fits these filters"
    action={<Button onClick={onClear}>Clear the filters</Button>}
  >
    Names must fit exactly. A longer time may find more: at most 31 days at once.
  </EmptyState>
)
