//! The calls of one server.

import { getRouteApi, Link } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { useCallback } from 'react'
import { EmptyState } from '@/components/page'
import { Button } from '@/components/ui/button'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import type { CallPart } from './call-filters'
import { CallsView, ExportMenu } from './calls-view'
import type { CallSearch } from './search'
import { ServerActivity } from './server-activity'

const route = getRouteApi('/$tenant/servers/$server/activity/')

/** Which of its members was called is a question about virtual servers only. */
const WITHOUT: Record<'single' | 'virtual', readonly CallPart[]> = {
  single: ['server', 'member'],
  virtual: ['server'],
}

export function ServerCalls() {
  const { server } = useServer()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = useCallback(
    (change: Partial<CallSearch>) =>
      void navigate({ search: before => ({ ...before, ...change }), replace: true }),
    [navigate],
  )
  const fixed = { server: server.id }
  return (
    <ServerActivity>
      <CallsView
        search={search}
        fixed={fixed}
        without={WITHOUT[server.kind]}
        onChange={change}
        onClear={() => void navigate({ search: {}, replace: true })}
        empty={<NoCalls />}
        actions={<ExportMenu size="sm" search={{ ...search, ...fixed }} />}
      />
    </ServerActivity>
  )
}

function NoCalls() {
  const { tenant, server } = useServer()
  return (
    <EmptyState
      icon={<Activity />}
      title="No calls in the last 24 hours"
      action={
        <Button asChild>
          <Link {...paths.howToUse(tenant, server.id)}>Add it to a client</Link>
        </Button>
      }
    >
      As soon as somebody’s IDE or agent talks to {server.display_name}, each request is a line here: how it
      ended, how long it took, and if it failed, whose fault it was and what to do.
    </EmptyState>
  )
}
