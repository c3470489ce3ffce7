//! How often callers may call: all limits, each with what it does.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Gauge, Plus } from 'lucide-react'
import { useMemo } from 'react'
import { limitRuleList } from '@/api/queries'
import { DataTable } from '@/components/data-table'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { limitColumns } from './columns'

const route = getRouteApi('/$tenant/limits/')

export function LimitsPage() {
  const session = useSession()
  const mayRead = can.readLimits(session)
  return (
    <Page
      title="Limits"
      description="How often callers may call. A request needs room in every limit that it falls under."
      actions={<NewButton />}
    >
      {mayRead.yes ? (
        <LimitTable />
      ) : (
        <EmptyState icon={<Gauge />} title="Limits are not yours to see">
          {mayRead.why} When one of them refuses a call of yours, the answer has its name and when to try
          again.
        </EmptyState>
      )}
    </Page>
  )
}

function LimitTable() {
  const { tenant } = route.useParams()
  const query = useInfiniteQuery(limitRuleList(tenant))
  const columns = useMemo(() => limitColumns(tenant), [tenant])
  return (
    <DataTable
      noun={['limit', 'limits']}
      query={query}
      columns={columns}
      rowId={rule => rule.id}
      empty={
        <EmptyState icon={<Gauge />} title="Nothing is limited yet" action={<NewButton />}>
          An agent in a loop can call a server thousands of times. A limit such as 60 per minute for each
          caller stops that, and people do not notice it. Try one out first: it can count without refusing.
        </EmptyState>
      }
    />
  )
}

function NewButton() {
  const { tenant } = route.useParams()
  return (
    <Button kind="primary" may={can.manageLimits(useSession())} asChild>
      <Link {...paths.newLimit(tenant)}>
        <Plus /> New limit
      </Link>
    </Button>
  )
}
