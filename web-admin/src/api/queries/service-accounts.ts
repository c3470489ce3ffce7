//! Service accounts.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export type AccountFilter = { q?: string; status?: 'active' | 'deactivated' }

export const serviceAccountList = (tenant: string, { q, status }: AccountFilter = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.serviceAccounts(tenant), 'list', { q, status }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/service-accounts', {
          signal,
          params: { path: { tenant }, query: { q, status, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const serviceAccount = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.serviceAccounts(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/service-accounts/{service_account}', {
          signal,
          params: { path: { tenant, service_account: id } },
        }),
      ),
  })
