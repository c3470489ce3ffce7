//! What operators see: tenants, nodes, and who they are themselves.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { PAGE_ROWS, paged, platformKeys } from './keys'

export const operatorSession = () =>
  queryOptions({
    queryKey: platformKeys.session,
    queryFn: ({ signal }) => take(api.GET('/api/v1/platform/session', { signal })),
    staleTime: 60_000,
  })

/** `q` is a part of the name or the slug. */
export const tenantList = ({ q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...platformKeys.tenants, 'list', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/platform/tenants', { signal, params: { query: { q, cursor, limit: PAGE_ROWS } } }),
      ),
  })

export const tenantBySlug = (slug: string) =>
  queryOptions({
    queryKey: [...platformKeys.tenants, slug],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/platform/tenants/{tenant}', { signal, params: { path: { tenant: slug } } })),
  })

export const nodeList = () =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...platformKeys.nodes, 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(api.GET('/api/v1/platform/nodes', { signal, params: { query: { cursor, limit: PAGE_ROWS } } })),
  })

export const node = (id: string) =>
  queryOptions({
    queryKey: [...platformKeys.nodes, id],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/platform/nodes/{node}', { signal, params: { path: { node: id } } })),
  })
