//! Invitations.

import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export const invitationList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.invitations(tenant), 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/invitations', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })
