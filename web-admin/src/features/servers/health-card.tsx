//! How one server fares, and the words of what failed last.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lastFailure, usage } from '@/api/queries'
import { Card } from '@/components/ui/card'
import { Skeleton } from '@/components/ui/skeleton'
import { Time } from '@/components/ui/time'
import { adviceOf } from '@/lib/call-words'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { useSession } from '@/lib/session'
import { healthOf } from './health'
import { HealthBadge } from './health-badge'

export function HealthCard() {
  const { tenant, server, may } = useServer()
  const readsAll = can.readAllCalls(useSession()).yes
  const { data, isError } = useQuery(usage(tenant, { bucket: 'hour', server: server.id, range: '24h' }))
  // What is not known is not shown.
  if (isError) return null
  const total = data?.all.total
  const health = total && healthOf(total, readsAll || may.yes)
  return (
    <Card className="p-5">
      <h2 className="flex flex-wrap items-center gap-2 font-semibold">
        How it fares {health ? <HealthBadge health={health} /> : <Skeleton className="h-5 w-20" />}
      </h2>
      <p className="mt-1 min-h-5 text-quiet">
        {health?.what}{' '}
        {total !== undefined && total.calls > 0 && (
          <Link {...paths.serverCalls(tenant, server.id)} className="link">
            See the calls
          </Link>
        )}
      </p>
      {total !== undefined && total.errors > 0 && <LastFailure />}
    </Card>
  )
}

function LastFailure() {
  const { tenant, server } = useServer()
  const { data } = useQuery(lastFailure(tenant, server.id))
  if (!data) return null
  const [call] = data.items
  if (!call) {
    return (
      <p className="mt-3 border-t pt-3">
        The server itself answered: tools said that they failed.{' '}
        <Link {...paths.serverCalls(tenant, server.id)} search={{ outcome: 'tool_error' }} className="link">
          See which
        </Link>
      </p>
    )
  }
  const advice = adviceOf(call)
  return (
    <div className="mt-3 border-t pt-3">
      <p>
        Last failure,{' '}
        <Link {...paths.call(tenant, call.id)} className="link">
          <Time at={call.started_at} />
        </Link>
        : {advice?.what}
      </p>
      <p className="text-quiet">{advice?.todo}</p>
    </div>
  )
}
