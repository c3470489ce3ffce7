import { Link } from '@tanstack/react-router'
import type { Usage, UsageSeries } from '@/api/types'
import { Card } from '@/components/ui/card'
import { cn } from '@/lib/cn'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'
import { count, share, took } from '@/lib/units'
import { type Grouping, nameOf, searchOf, type UsageSearch, within } from './usage-data'

const HEADINGS: Record<Grouping, string> = {
  server: 'Server',
  tool: 'Tool',
  client: 'Client',
  user: 'Person',
  group: 'Group',
}

type BreakdownProps = {
  usage: Usage
  by: Grouping
  search: UsageSearch
  /** What the page is about, besides the address. */
  fixed?: { server: string }
}

const NOTHING: Partial<Record<Grouping, string>> = {
  group: 'Nobody who called is in a group.',
  tool: 'No tool was called: these were lists and the like.',
}

/** The largest series, with how they fared; each leads to its calls. */
export function Breakdown({ usage, by, search, fixed }: BreakdownProps) {
  if (usage.series.length === 0) {
    return <Card className="p-4 text-quiet">{NOTHING[by] ?? 'Nothing to tell apart.'}</Card>
  }
  const head = 'px-3 py-2 text-right font-medium text-quiet text-xs first:pl-4 last:pr-4'
  return (
    <Card className="overflow-x-auto">
      <table className="w-full text-left">
        <caption className="sr-only">{HEADINGS[by]}s with the most calls</caption>
        <thead>
          <tr className="border-b">
            <th scope="col" className={cn(head, 'text-left')}>
              {HEADINGS[by]}
            </th>
            <th scope="col" className={head}>
              Calls
            </th>
            <th scope="col" className={`${head} max-md:hidden`}>
              Share
            </th>
            <th scope="col" className={head}>
              Errors
            </th>
            <th scope="col" className={`${head} max-md:hidden`}>
              Refused
            </th>
            <th scope="col" className={`${head} max-md:hidden`}>
              p50
            </th>
            <th scope="col" className={head}>
              p95
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {usage.series.map(series => (
            <SeriesRow
              key={`${series.id}${series.tool}${series.client}`}
              {...{ series, by, search, fixed }}
              all={usage.all.total.calls}
            />
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function SeriesRow({
  series,
  by,
  search,
  fixed,
  all,
}: { series: UsageSeries; all: number } & Omit<BreakdownProps, 'usage'>) {
  const { calls, errors, refused, p50_us, p95_us } = series.total
  const cell = 'whitespace-nowrap px-3 py-2 text-right tabular-nums first:pl-4 last:pr-4'
  return (
    <tr className="hover:bg-hover">
      <th scope="row" className="max-w-0 px-3 py-2 pl-4 font-normal">
        <SeriesLink {...{ series, by, search, fixed }} />
        {by === 'tool' && series.name && <p className="truncate text-quiet text-xs">{series.name}</p>}
      </th>
      <td className={`${cell} w-24 max-md:w-16`}>{count(calls)}</td>
      <td className={`${cell} w-40 max-md:hidden`}>
        <span className="flex items-center justify-end gap-2">
          <span aria-hidden="true" className="h-1.5 w-20 overflow-hidden rounded-full bg-line">
            <span className="block h-full rounded-full bg-series-1" style={{ width: share(calls, all) }} />
          </span>
          <span className="w-10 text-quiet">{share(calls, all)}</span>
        </span>
      </td>
      <td className={`${cell} w-24 max-md:w-16`}>
        <span className={errors > 0 ? 'text-alert-text' : 'text-quiet'}>{share(errors, calls)}</span>
      </td>
      <td className={`${cell} w-24 text-quiet max-md:hidden`}>{share(refused, calls)}</td>
      <td className={`${cell} w-24 text-quiet max-md:hidden`}>{p50_us ? took(p50_us) : '—'}</td>
      <td className={`${cell} w-24 text-quiet max-md:w-20`}>{p95_us ? took(p95_us) : '—'}</td>
    </tr>
  )
}

/** The log is searched for at most a month at once. */
const IN_THE_LOG = { '1h': '1h', '24h': undefined, '7d': '7d', '30d': '30d', '90d': '30d' } as const

function SeriesLink({ series, by, search, fixed }: { series: UsageSeries } & Omit<BreakdownProps, 'usage'>) {
  const tenant = useTenant()
  const found = searchOf(series, by)
  const name = nameOf(series)
  if (!found) return <span className="block truncate">{name}</span>
  const { server, principal, client, tool, from, to } = search
  const time = from || to ? { from, to } : { range: IN_THE_LOG[search.range ?? '7d'] }
  const all = { server, principal, client, tool, ...time, ...found }
  const look = {
    title: `The calls of ${name}`,
    className: 'block truncate font-medium hover:text-accent hover:underline',
    children: name,
  }
  if (!fixed) return <Link {...paths.calls(tenant)} search={all} {...look} />
  return <Link {...paths.serverCalls(tenant, fixed.server)} search={within(all, fixed)} {...look} />
}
