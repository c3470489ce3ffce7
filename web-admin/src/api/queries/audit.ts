//! Audit log.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { bounds, type Range } from '@/lib/range'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export type AuditFilter = Range & { actor?: string; target?: string; action?: string }

export const auditList = (tenant: string, { actor, target, action, ...range }: AuditFilter) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.audit(tenant), 'list', { actor, target, action, ...range }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/audit', {
          signal,
          params: {
            path: { tenant },
            query: { actor, target, action, ...bounds(range, Date.now()), cursor, limit: PAGE_ROWS },
          },
        }),
      ),
  })

/** One stretch of the chain, recomputed now. */
export const auditVerification = (tenant: string, query: { after?: number; anchor?: string }) =>
  queryOptions({
    queryKey: [...keys.audit(tenant), 'verification', query],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/audit/verification', {
          signal,
          params: { path: { tenant }, query },
        }),
      ),
    staleTime: 0,
    gcTime: 0,
  })
