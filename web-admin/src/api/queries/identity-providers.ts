//! Identity providers.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged, ROWS_MAX } from './keys'

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

export const identityProviderList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.identityProviders(tenant), 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/identity-providers', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const identityProvider = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.identityProviders(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/identity-providers/{provider}', {
          signal,
          params: { path: { tenant, provider: id } },
        }),
      ),
  })
