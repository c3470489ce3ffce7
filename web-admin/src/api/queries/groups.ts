//! Groups.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export const groupList = (tenant: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.groups(tenant), 'list', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups', {
          signal,
          params: { path: { tenant }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const group = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.groups(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups/{group}', {
          signal,
          params: { path: { tenant, group: id } },
        }),
      ),
  })

export const groupMembers = (tenant: string, id: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.groups(tenant), id, 'members', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups/{group}/members', {
          signal,
          params: { path: { tenant, group: id }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })
