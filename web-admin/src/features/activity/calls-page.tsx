//! The call log: who called what, how it ended. With Live on, calls appear as they are stored.

import { getRouteApi } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { useCallback } from 'react'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { can } from '@/lib/can'
import { pages } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { ActivityNav } from './activity-nav'
import { CallsView, ExportMenu } from './calls-view'
import type { CallSearch } from './search'

const route = getRouteApi('/$tenant/activity/')

export function CallsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const seesAll = can.readAllCalls(useSession())
  const change = useCallback(
    (change: Partial<CallSearch>) =>
      void navigate({ search: before => ({ ...before, ...change }), replace: true }),
    [navigate],
  )
  return (
    <Page
      title="Activity"
      tab="Calls"
      description={
        seesAll.yes
          ? 'Every request to your servers: who, with what, how it ended. Never what was said.'
          : seesAll.why
      }
      actions={<ExportMenu search={search} />}
    >
      <ActivityNav />
      <CallsView
        search={search}
        onChange={change}
        onClear={() => void navigate({ search: {}, replace: true })}
        empty={<NoCalls />}
      />
    </Page>
  )
}

const NoCalls = () => (
  <EmptyState
    icon={<Activity />}
    title="No calls in the last 24 hours"
    action={
      <Button asChild>
        <a href={pages.home(useTenant())}>Add a server to your IDE</a>
      </Button>
    }
  >
    As soon as somebody’s IDE or agent talks to a server, each request is a line here: how it ended, how long
    it took, and if it failed, whose fault it was and what to do.
  </EmptyState>
)
