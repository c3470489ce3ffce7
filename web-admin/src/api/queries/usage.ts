//! Usage: calls added up by the hour or the day.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { bounds, type Range } from '@/lib/range'
import { api, take } from '../client'
import { keys } from './keys'

export type UsageFilter = Range & {
  bucket: 'hour' | 'day'
  group_by?: 'user' | 'group' | 'server' | 'tool' | 'client'
  limit?: number
  server?: string
  principal?: string
  client?: string
  tool?: string
}

export const usage = (tenant: string, { range, from, to, ...what }: UsageFilter) =>
  queryOptions({
    queryKey: [...keys.usage(tenant), { range, from, to, ...what }],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/usage', {
          signal,
          params: { path: { tenant }, query: { ...what, ...bounds({ range, from, to }, Date.now()) } },
        }),
      ),
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  })
