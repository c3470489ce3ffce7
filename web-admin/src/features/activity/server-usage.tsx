//! The usage of one server.

import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { useServer } from '@/lib/server'
import { ServerActivity } from './server-activity'
import { GROUPINGS, type Grouping, type UsageSearch } from './usage-data'
import { UsageView } from './usage-view'

const route = getRouteApi('/$tenant/servers/$server/activity/usage')

/** A server that is no bundle has no members to be told apart by. */
const SINGLE: readonly Grouping[] = GROUPINGS.filter(grouping => grouping !== 'server')

export function ServerUsage() {
  const { server } = useServer()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = useCallback(
    (change: Partial<UsageSearch>) =>
      void navigate({ search: before => ({ ...before, ...change }), replace: true }),
    [navigate],
  )
  return (
    <ServerActivity>
      <UsageView
        search={search}
        change={change}
        fixed={{ server: server.id }}
        groupings={server.kind === 'single' ? SINGLE : GROUPINGS}
      />
    </ServerActivity>
  )
}
