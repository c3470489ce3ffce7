//! SCIM: what identity providers push.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export const scim = (tenant: string) =>
  queryOptions({
    queryKey: [...keys.scim(tenant), 'overview'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/scim', {
          signal,
          params: { path: { tenant } },
        }),
      ),
  })

export const scimTokenList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.scim(tenant), 'tokens'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/scim/tokens', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const scimRequestList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.scim(tenant), 'requests'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/scim/requests', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })
