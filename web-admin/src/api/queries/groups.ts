//! Groups.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import type { User } from '../types'
import { type Cursor, keys, PAGE_ROWS, paged, ROWS_MAX } from './keys'

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

/** All of them, page after page: for who has to know each. */
export const allGroupMembers = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.groups(tenant), id, 'members', 'all'],
    queryFn: async ({ signal }) => {
      const members: User[] = []
      let cursor: Cursor
      do {
        const page = await take(
          api.GET('/api/v1/tenants/{tenant}/groups/{group}/members', {
            signal,
            params: { path: { tenant, group: id }, query: { cursor, limit: ROWS_MAX } },
          }),
        )
        members.push(...page.items)
        cursor = paged.getNextPageParam(page)
      } while (cursor)
      return members
    },
  })
