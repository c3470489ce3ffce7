//! Every read of the console, by noun. Query keys exist here and nowhere else: a key starts with the tenant and the noun,
//! so that `keys.servers(tenant)` names everything about servers at once, to invalidate it.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from './client'

/** What to invalidate after a change: everything below the prefix. */
export const keys = {
  accounts: (tenant: string) => [tenant, 'accounts'] as const,
  servers: (tenant: string) => [tenant, 'servers'] as const,
  session: (tenant: string) => [tenant, 'session'] as const,
}

/** Rows that a list asks for at once; the API gives at most 200. */
const PAGE_ROWS = 100

type Cursor = string | undefined

/** How a list goes on: every list of the API has the same form. */
const paged = {
  initialPageParam: undefined as Cursor,
  getNextPageParam: (page: { next_cursor?: string | null }): Cursor => page.next_cursor ?? undefined,
}

// Accounts: the credentials of one's own that servers want.

export const myAccounts = (tenant: string) =>
  queryOptions({
    queryKey: keys.accounts(tenant),
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/me/accounts', { signal, params: { path: { tenant } } })),
  })

// Servers.

/** `q` is a part of the name or the slug. */
export const serverList = (tenant: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.servers(tenant), 'list', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers', {
          signal,
          params: { path: { tenant }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const server = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

// Session: who is signed in, and where.

export const session = (tenant: string) =>
  queryOptions({
    queryKey: keys.session(tenant),
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/session', { signal, params: { path: { tenant } } })),
    staleTime: 60_000,
  })
