//! Names: what an id is called, and whom to choose from. Rows of logs have ids only.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys } from './keys'
import { server } from './servers'

const NAMED_FOR_MS = 300_000
const FOUND_ROWS = 20

/** What all of them share; somebody who is gone stays gone. `document` is what a file for `portway apply` calls it. */
const named = { staleTime: NAMED_FOR_MS, retry: false } as const

export const serverNamed = (tenant: string, id: string) => ({ ...server(tenant, id), ...named })

export const userNamed = (tenant: string, id: string) =>
  queryOptions({
    ...named,
    queryKey: [...keys.names(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}', { signal, params: { path: { tenant, user: id } } }),
      ).then(user => ({ name: user.display_name || user.user_name, document: user.email })),
  })

export const groupNamed = (tenant: string, id: string) =>
  queryOptions({
    ...named,
    queryKey: [...keys.names(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups/{group}', {
          signal,
          params: { path: { tenant, group: id } },
        }),
      ).then(group => ({ name: group.display_name, document: group.display_name })),
  })

export const machineNamed = (tenant: string, id: string) =>
  queryOptions({
    ...named,
    queryKey: [...keys.names(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/service-accounts/{service_account}', {
          signal,
          params: { path: { tenant, service_account: id } },
        }),
      ).then(machine => ({ name: machine.name, document: machine.name })),
  })

export const usersFound = (tenant: string, q: string, limit = FOUND_ROWS) =>
  queryOptions({
    ...named,
    placeholderData: keepPreviousData,
    queryKey: [...keys.names(tenant), 'users', q, limit],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users', {
          signal,
          params: { path: { tenant }, query: { q: q || undefined, limit } },
        }),
      ),
  })

export const groupsFound = (tenant: string, q: string, limit = FOUND_ROWS) =>
  queryOptions({
    ...named,
    placeholderData: keepPreviousData,
    queryKey: [...keys.names(tenant), 'groups', q, limit],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups', {
          signal,
          params: { path: { tenant }, query: { q: q || undefined, limit } },
        }),
      ),
  })

export const machinesFound = (tenant: string, q: string, limit = FOUND_ROWS) =>
  queryOptions({
    ...named,
    placeholderData: keepPreviousData,
    queryKey: [...keys.names(tenant), 'machines', q, limit],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/service-accounts', {
          signal,
          params: { path: { tenant }, query: { q: q || undefined, limit } },
        }),
      ),
  })

export const serversFound = (tenant: string, q: string, limit = FOUND_ROWS) =>
  queryOptions({
    ...named,
    placeholderData: keepPreviousData,
    queryKey: [...keys.names(tenant), 'servers', q, limit],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers', {
          signal,
          params: { path: { tenant }, query: { q: q || undefined, limit } },
        }),
      ),
  })
