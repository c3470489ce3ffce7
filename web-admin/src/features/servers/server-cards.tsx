import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Account, Server } from '@/api/types'
import { ProblemPanel } from '@/components/problem'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { CopyButton } from '@/components/ui/copy'
import { Skeleton } from '@/components/ui/skeleton'
import { paths } from '@/lib/paths'
import { authOf, ServerBadges } from './columns'
import type { Health } from './health'
import { HealthBadge, type HealthOf } from './health-badge'
import { ServerTags } from './server-tags'

type ServerCardsProps = {
  tenant: string
  query: UseInfiniteQueryResult<InfiniteData<{ items: Server[] }>>
  accounts: ReadonlyMap<string, Account>
  health: HealthOf
  empty: ReactNode
}

const grid = 'grid gap-3 sm:grid-cols-2 xl:grid-cols-3'

export function ServerCards({ tenant, query, accounts, health, empty }: ServerCardsProps) {
  if (query.isPending) return <CardsSkeleton />
  const servers = query.data?.pages.flatMap(page => page.items) ?? []
  if (query.isError && servers.length === 0)
    return <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />
  if (servers.length === 0) return empty
  return (
    <>
      <ul className={grid}>
        {servers.map(server => (
          <li key={server.id} className="[contain-intrinsic-size:auto_9rem] [content-visibility:auto]">
            <ServerCard
              tenant={tenant}
              server={server}
              account={accounts.get(server.id)}
              health={health(server)}
            />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="mt-5 text-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  )
}

function ServerCard({
  tenant,
  server,
  account,
  health,
}: {
  tenant: string
  server: Server
  account: Account | undefined
  health: Health | undefined
}) {
  return (
    <Card className="relative flex h-full min-h-36 flex-col p-4 transition-colors hover:border-field-line">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h2 className="font-semibold">
          <Link
            {...paths.server(tenant, server.id)}
            className="outline-none after:absolute after:inset-0 after:rounded-xl focus-visible:after:outline-2 focus-visible:after:outline-accent"
          >
            {server.display_name}
          </Link>
        </h2>
        <ServerBadges server={server} account={account} />
        <HealthBadge health={health} />
      </div>
      <p className="mt-1 mb-2 line-clamp-2 text-quiet">{server.description}</p>
      <ServerTags tenant={tenant} tags={server.tags} />
      <div className="mt-auto flex items-center gap-2 pt-3 text-quiet text-xs">
        <span className="truncate font-mono">{server.slug}</span>
        <CopyButton
          text={server.gateway_url}
          label="Copy the gateway URL"
          className="relative z-1 -ml-1.5 size-7"
        />
        <span className="ml-auto whitespace-nowrap">{authOf(server)}</span>
      </div>
    </Card>
  )
}

const CardsSkeleton = () => (
  <div role="status" aria-label="Loading servers" className={grid}>
    {[0, 1, 2, 3, 4, 5].map(card => (
      <Card key={card} className="h-36 p-4">
        <Skeleton className="h-4 w-32" />
        <Skeleton className="mt-3 h-3.5 w-full" />
      </Card>
    ))}
  </div>
)
