//! Limits.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged, ROWS_MAX } from './keys'

export const limitRuleList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.limitRules(tenant), 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/limit-rules', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

/** All at once: there are at most as many as one page holds. */
export const allLimitRules = (tenant: string) =>
  queryOptions({
    queryKey: [...keys.limitRules(tenant), 'all'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/limit-rules', {
          signal,
          params: { path: { tenant }, query: { limit: ROWS_MAX } },
        }),
      ),
  })

export const limitRule = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.limitRules(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/limit-rules/{limit_rule}', {
          signal,
          params: { path: { tenant, limit_rule: id } },
        }),
      ),
  })
