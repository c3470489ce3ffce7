//! API keys: of a person or of a service account, also those that ended.

import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export type KeyOwner = { user: string } | { service_account: string }

export const apiKeysOf = (tenant: string, owner: KeyOwner, status?: 'active') =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.apiKeys(tenant), owner, { status }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/keys', {
          signal,
          params: { path: { tenant }, query: { ...owner, status, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const myKeys = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.apiKeys(tenant), 'mine'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/keys', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })
