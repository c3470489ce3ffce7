//! Users: the people of the organisation.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'
import type { AccountFilter } from './service-accounts'

export const userList = (tenant: string, { q, status }: AccountFilter = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.users(tenant), 'list', { q, status }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users', {
          signal,
          params: { path: { tenant }, query: { q, status, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const user = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.users(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}', {
          signal,
          params: { path: { tenant, user: id } },
        }),
      ),
  })

export const groupsOf = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.users(tenant), id, 'groups'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/groups', {
          signal,
          params: { path: { tenant, user: id } },
        }),
      ),
  })

export const identitiesOf = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.users(tenant), id, 'identities'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/identities', {
          signal,
          params: { path: { tenant, user: id } },
        }),
      ),
  })

export const secondFactorOf = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.users(tenant), id, 'secondFactor'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/second-factor', {
          signal,
          params: { path: { tenant, user: id } },
        }),
      ),
  })

export const sessionsOf = (tenant: string, id: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.users(tenant), id, 'sessions'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/sessions', {
          signal,
          params: { path: { tenant, user: id }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const connectionsOf = (tenant: string, id: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.users(tenant), id, 'connections'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/connections', {
          signal,
          params: { path: { tenant, user: id }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })
