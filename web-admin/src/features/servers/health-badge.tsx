//! How servers fare, in one word each: one question for all of them.

import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { usage } from '@/api/queries'
import type { Server } from '@/api/types'
import { Badge } from '@/components/ui/badge'
import { can } from '@/lib/can'
import { useSession, useTenant } from '@/lib/session'
import { type Health, healthOf, SERIES_MAX, tallyOf } from './health'

/** Nothing where it is not known. */
export type HealthOf = (server: Server) => Health | undefined

export function useHealth(): HealthOf {
  const readsAll = can.readAllCalls(useSession()).yes
  const { data } = useQuery(
    usage(useTenant(), { bucket: 'hour', group_by: 'server', limit: SERIES_MAX, range: '24h' }),
  )
  return useCallback(
    server => {
      // Calls through a virtual server are counted at its members here.
      const tally = server.kind === 'single' ? tallyOf(data, server.id) : undefined
      return tally && healthOf(tally, readsAll || server.your_role === 'manager')
    },
    [data, readsAll],
  )
}

export function HealthBadge({ health }: { health: Health | undefined }) {
  if (!health) return null
  return (
    <Badge tone={health.tone} title={health.what}>
      {health.label}
    </Badge>
  )
}

/** Where there is little room: only what somebody should look at. */
export const FailingBadge = ({ health }: { health: Health | undefined }) =>
  health?.tone === 'warning' || health?.tone === 'alert' ? <HealthBadge health={health} /> : null
