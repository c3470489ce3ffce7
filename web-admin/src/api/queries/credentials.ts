//! What people and service accounts present to a server in their own name: everybody's for its managers, else one's own.

import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export const credentialList = (tenant: string, id: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.servers(tenant), id, 'credentials'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/credentials', {
          signal,
          params: { path: { tenant, server: id }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const overrideList = (tenant: string, id: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.servers(tenant), id, 'overrides'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/overrides', {
          signal,
          params: { path: { tenant, server: id }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })
