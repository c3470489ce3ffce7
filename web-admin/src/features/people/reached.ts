//! Grants by the server that they open: one may be within reach by several. Pure.

import type { InfiniteData } from '@tanstack/react-query'
import type { ReachingGrant } from '@/api/types'

export type Reached = { server: ReachingGrant['server']; grants: ReachingGrant['grant'][] }

type Page<T> = { items: T[]; next_cursor?: string | null }

/** All that has been read, as one page: by the servers' names. */
export function byServer<Param>({ pages, pageParams }: InfiniteData<Page<ReachingGrant>, Param>) {
  const servers = new Map<string, Reached>()
  for (const { server, grant } of pages.flatMap(page => page.items)) {
    const grants = servers.get(server.id)?.grants ?? []
    servers.set(server.id, { server, grants: [...grants, grant] })
  }
  const items = [...servers.values()].sort((a, b) =>
    a.server.display_name.localeCompare(b.server.display_name, 'en', { numeric: true }),
  )
  return { pages: [{ items, next_cursor: pages.at(-1)?.next_cursor }], pageParams }
}
