//! Session: who is signed in, and where.

import { queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys } from './keys'

export const session = (tenant: string) =>
  queryOptions({
    queryKey: keys.session(tenant),
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/session', { signal, params: { path: { tenant } } })),
    staleTime: 60_000,
  })
