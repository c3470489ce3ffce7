//! Connections of one's own: servers' clients that may act, and browsers.

import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export const myConnections = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.connections(tenant), 'clients'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/me/connections', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const mySessions = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.connections(tenant), 'browsers'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/me/sessions', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })
