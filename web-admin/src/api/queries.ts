//! Every read of the console, by noun. Query keys exist here and nowhere else: a key starts with the tenant and the noun,
//! so that `keys.servers(tenant)` names everything about servers at once, to invalidate it.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from './client'

/** What to invalidate after a change: everything below the prefix. */
export const keys = {
  accounts: (tenant: string) => [tenant, 'accounts'] as const,
  identityProviders: (tenant: string) => [tenant, 'identity-providers'] as const,
  servers: (tenant: string) => [tenant, 'servers'] as const,
  session: (tenant: string) => [tenant, 'session'] as const,
}

/** Rows that a list asks for at once. */
const PAGE_ROWS = 100
/** The most that the API gives at once: enough for what organisations have few of. */
const ROWS_MAX = 200

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

// Identity providers.

export const identityProviders = (tenant: string) =>
  queryOptions({
    queryKey: [...keys.identityProviders(tenant), 'all'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/identity-providers', {
          signal,
          params: { path: { tenant }, query: { limit: ROWS_MAX } },
        }),
      ),
  })

// Presets of well-known servers.

export const presets = (tenant: string) =>
  queryOptions({
    queryKey: [tenant, 'presets'],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/presets', { signal, params: { path: { tenant } } })),
    staleTime: Number.POSITIVE_INFINITY,
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

export const serverUses = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'uses'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/uses', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

export const grantList = (tenant: string, id: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.servers(tenant), id, 'grants', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/grants', {
          signal,
          params: { path: { tenant, server: id }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

/** Whom a grant may be given to, by a part of their name. */
export const grantCandidates = (tenant: string, id: string, q: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'candidates', { q }],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/candidates', {
          signal,
          params: { path: { tenant, server: id }, query: { q } },
        }),
      ),
  })

export const toolSwitches = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'tool-switches'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/tool-switches', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

/** The tools of a server that were called most in the last 30 days. */
export const calledTools = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), 'called-tools', id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/usage', {
          signal,
          params: {
            path: { tenant },
            query: { bucket: 'day', group_by: 'tool', server: id, method: 'tools/call', limit: 50 },
          },
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
