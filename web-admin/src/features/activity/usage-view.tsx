//! Usage of the organisation or of one server: as charts, or as tables.

import { useQuery } from '@tanstack/react-query'
import { ChartColumn, Table2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { usage } from '@/api/queries'
import type { Tally, Usage } from '@/api/types'
import { EmptyState } from '@/components/page'
import { ProblemPanel } from '@/components/problem'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Select } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'
import { cn } from '@/lib/cn'
import { useTenant } from '@/lib/session'
import { count, share, took } from '@/lib/units'
import { UsageFilters } from './call-filters'
import { Breakdown } from './usage-breakdown'
import { CallsChart, DurationChart, ShareChart } from './usage-charts'
import {
  defaultBy,
  GROUPINGS,
  type Grouping,
  moment,
  rowsOf,
  stackOf,
  type UsageSearch,
  usageFilter,
} from './usage-data'

const BY_WORDS = {
  server: 'By server',
  tool: 'By tool',
  client: 'By client',
  user: 'By person',
  group: 'By group',
}

type UsageViewProps = {
  /** As it stands in the address. */
  search: UsageSearch
  change: (change: Partial<UsageSearch>) => void
  /** What the page is about, besides the address. */
  fixed?: { server: string }
  /** By what it can be told apart. */
  groupings?: readonly Grouping[]
}

export function UsageView({ search, change, fixed, groupings = GROUPINGS }: UsageViewProps) {
  const query = useQuery(usage(useTenant(), usageFilter(search, Date.now(), fixed)))
  return (
    <>
      <div className="mb-4 flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <UsageFilters value={search} hasServer={fixed === undefined} onChange={change} />
        </div>
        <Button
          size="sm"
          onClick={() => change({ as: search.as ? undefined : 'table' })}
          aria-pressed={search.as === 'table'}
        >
          {search.as ? <ChartColumn /> : <Table2 />}
          <span className="max-md:sr-only">{search.as ? 'Charts' : 'Table'}</span>
        </Button>
      </div>
      {query.isError ? (
        <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data ? (
        <div className={cn('transition-opacity', query.isPlaceholderData && 'opacity-60')}>
          <Shown {...{ search, change, fixed, groupings }} usage={query.data} />
        </div>
      ) : (
        <UsageSkeleton />
      )}
    </>
  )
}

type ShownProps = UsageViewProps & { usage: Usage; groupings: readonly Grouping[] }

function Shown({ usage, search, change, fixed, groupings }: ShownProps) {
  if (usage.all.total.calls === 0) {
    return (
      <EmptyState icon={<ChartColumn />} title="No calls in this time">
        Calls are added up by the hour and by the day, with how long they took. Choose a longer time, or take
        filters away.
      </EmptyState>
    )
  }
  const rows = rowsOf(usage)
  const by = search.by ?? defaultBy(fixed)
  const { parts, rows: stacked } = stackOf(usage)
  return (
    <div className="space-y-4">
      <Tiles total={usage.all.total} />
      {search.as === 'table' ? (
        // Scrolls sideways on a phone: by keyboard, too.
        <Card className="overflow-x-auto" aria-label="Calls over time" tabIndex={0}>
          <PointTable usage={usage} />
        </Card>
      ) : (
        <div className="grid gap-4 lg:grid-cols-2">
          <ChartCard title="Calls">
            <CallsChart rows={rows} bucket={usage.bucket} />
          </ChartCard>
          <ChartCard title="How long they took">
            <DurationChart rows={rows} bucket={usage.bucket} />
          </ChartCard>
        </div>
      )}
      <div className="flex flex-wrap items-center justify-between gap-2 pt-2">
        <h2 className="font-semibold text-base">Breakdown</h2>
        <Select
          aria-label="Told apart"
          className="w-36"
          value={by}
          onChange={event => change({ by: groupings.find(one => one === event.target.value) })}
        >
          {groupings.map(grouping => (
            <option key={grouping} value={grouping}>
              {BY_WORDS[grouping]}
            </option>
          ))}
        </Select>
      </div>
      {search.as !== 'table' && usage.series.length > 0 && by !== 'group' && (
        <ChartCard title={`Calls ${BY_WORDS[by].toLowerCase()}`}>
          <ShareChart parts={parts} rows={stacked} bucket={usage.bucket} />
        </ChartCard>
      )}
      <Breakdown usage={usage} by={by} search={search} fixed={fixed} />
    </div>
  )
}

function Tiles({ total }: { total: Tally }) {
  const time = (us: number | null | undefined) => (us === null || us === undefined ? '—' : took(us))
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line shadow-card md:grid-cols-5">
      <Tile name="Calls" value={count(total.calls)} className="max-md:col-span-2" />
      <Tile name="Errors" value={count(total.errors)} aside={share(total.errors, total.calls)} />
      <Tile name="Refused" value={count(total.refused)} aside={share(total.refused, total.calls)} />
      <Tile name="p50" value={time(total.p50_us)} aside="half were faster" />
      <Tile name="p95" value={time(total.p95_us)} aside="95% were faster" />
    </dl>
  )
}

const Tile = (props: { name: string; value: string; aside?: string; className?: string }) => (
  <div className={cn('bg-card p-4', props.className)}>
    <dt className="text-quiet text-xs">{props.name}</dt>
    <dd className="mt-0.5 flex flex-wrap items-baseline gap-x-2">
      <span className="font-semibold text-xl tabular-nums">{props.value}</span>
      {props.aside && <span className="text-quiet text-xs">{props.aside}</span>}
    </dd>
  </div>
)

const ChartCard = ({ title, children }: { title: string; children: ReactNode }) => (
  <Card className="min-w-0 p-4">
    <h2 className="mb-2 font-semibold">{title}</h2>
    {children}
  </Card>
)

function PointTable({ usage }: { usage: Usage }) {
  const rows = rowsOf(usage).reverse()
  const head = 'px-4 py-2 text-right font-medium text-quiet text-xs first:text-left'
  const cell = 'px-4 py-1.5 text-right tabular-nums'
  return (
    <table className="w-full text-left">
      <caption className="sr-only">Calls over time</caption>
      <thead>
        <tr className="border-b">
          {[usage.bucket === 'hour' ? 'Hour' : 'Day (UTC)', 'Calls', 'Errors', 'Refused', 'p50', 'p95'].map(
            name => (
              <th key={name} scope="col" className={head}>
                {name}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {rows.map(row => (
          <tr key={row.at}>
            <th scope="row" className="whitespace-nowrap px-4 py-1.5 font-normal">
              {moment(row.at, usage.bucket)}
            </th>
            <td className={cell}>{count(row.calls)}</td>
            <td className={cell}>{count(row.errors)}</td>
            <td className={cell}>{count(row.refused)}</td>
            <td className={cell}>{row.p50_us ? took(row.p50_us) : '—'}</td>
            <td className={cell}>{row.p95_us ? took(row.p95_us) : '—'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const UsageSkeleton = () => (
  <div role="status" aria-label="Loading usage" className="space-y-4">
    <Skeleton className="h-20 w-full rounded-xl max-md:h-56" />
    <div className="grid gap-4 lg:grid-cols-2">
      <Skeleton className="h-72 w-full rounded-xl" />
      <Skeleton className="h-72 w-full rounded-xl" />
    </div>
  </div>
)
