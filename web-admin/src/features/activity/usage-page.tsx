//! Usage: calls, errors and durations over time, and who or what they are of.

import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { Page } from '@/components/page'
import { can } from '@/lib/can'
import { useSession } from '@/lib/session'
import { ActivityNav } from './activity-nav'
import type { UsageSearch } from './usage-data'
import { UsageView } from './usage-view'

const route = getRouteApi('/$tenant/activity/usage')

export function UsagePage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = useCallback(
    (change: Partial<UsageSearch>) =>
      void navigate({ search: before => ({ ...before, ...change }), replace: true }),
    [navigate],
  )
  const seesAll = can.readAllCalls(useSession())
  return (
    <Page
      title="Activity"
      tab="Usage"
      description={seesAll.yes ? 'How much your servers are used, and how well they answer.' : seesAll.why}
    >
      <ActivityNav />
      <UsageView search={search} change={change} />
    </Page>
  )
}
