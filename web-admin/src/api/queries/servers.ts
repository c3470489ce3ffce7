//! Presets of well-known servers.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export const presets = (tenant: string) =>
  queryOptions({
    queryKey: [tenant, 'presets'],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/presets', { signal, params: { path: { tenant } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

// Servers.

export type ServerFilter = { q?: string; tag?: string }

/** Of all servers that one sees, and how many have each. */
export const serverTags = (tenant: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), 'tags'],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/server-tags', { signal, params: { path: { tenant } } })),
  })

/** `q` is a part of the name or the slug. */
export const serverList = (tenant: string, { q, tag }: ServerFilter = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.servers(tenant), 'list', { q, tag }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers', {
          signal,
          params: { path: { tenant }, query: { q, tag, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const server = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

export const serverUses = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'uses'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/uses', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

export const grantList = (tenant: string, id: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.servers(tenant), id, 'grants', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/grants', {
          signal,
          params: { path: { tenant, server: id }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

/** Whom a grant may be given to, by a part of their name. */
export const grantCandidates = (tenant: string, id: string, q: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'candidates', { q }],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/candidates', {
          signal,
          params: { path: { tenant, server: id }, query: { q } },
        }),
      ),
  })

export const toolSwitches = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'tool-switches'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/tool-switches', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

/** The tools of a server that were called most in the last 30 days. */
export const calledTools = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), 'called-tools', id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/usage', {
          signal,
          params: {
            path: { tenant },
            query: { bucket: 'day', group_by: 'tool', server: id, method: 'tools/call', limit: 50 },
          },
        }),
      ),
  })
