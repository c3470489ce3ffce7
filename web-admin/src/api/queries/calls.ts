//! Calls.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { bounds, type Range } from '@/lib/range'
import { api, take } from '../client'
import type { CallOutcome, Fault } from '../types'
import { type Cursor, keys, PAGE_ROWS, paged } from './keys'

/** Without a range: the last 24 hours. */
export type CallFilter = Range & {
  server?: string
  member?: string
  principal?: string
  client?: string
  client_id?: string
  tool?: string
  method?: string
  outcome?: CallOutcome
  fault?: Fault
}

function callPage(tenant: string, filter: CallFilter, signal: AbortSignal, cursor: Cursor) {
  const { range, from, to, ...what } = filter
  const query = { ...what, ...bounds({ range, from, to }, Date.now()), cursor, limit: PAGE_ROWS }
  const page = api.GET('/api/v1/tenants/{tenant}/calls', { signal, params: { path: { tenant }, query } })
  return take(page)
}

export const callList = (tenant: string, filter: CallFilter) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.calls(tenant), 'list', filter],
    queryFn: ({ signal, pageParam: cursor }) => callPage(tenant, filter, signal, cursor),
  })

/** The first page, as it is now. */
export const newestCalls = (tenant: string, filter: CallFilter) =>
  queryOptions({
    queryKey: [...keys.calls(tenant), 'newest', filter],
    queryFn: ({ signal }) => callPage(tenant, filter, signal, undefined),
    staleTime: 0,
    gcTime: 0,
  })

/** The newest call of the last 24 hours that the server answered with an error, or not at all. */
export const lastFailure = (tenant: string, server: string) =>
  queryOptions({
    queryKey: [...keys.calls(tenant), 'last-failure', server],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/calls', {
          signal,
          params: { path: { tenant }, query: { server, outcome: 'error', limit: 1 } },
        }),
      ),
  })

export const call = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.calls(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/calls/{call}', { signal, params: { path: { tenant, call: id } } }),
      ),
    // What happened, happened.
    staleTime: Number.POSITIVE_INFINITY,
  })
