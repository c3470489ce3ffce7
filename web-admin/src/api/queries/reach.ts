//! Which servers somebody reaches.

import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys, PAGE_ROWS, paged } from './keys'

export type GrantOwner = { user: string } | { service_account: string }

/** By whatever grant: to them, to a group of theirs, to everyone. */
export const grantsReaching = (tenant: string, owner: GrantOwner) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.users(tenant), 'grants', owner],
    queryFn: ({ signal, pageParam: cursor }) => {
      const query = { cursor, limit: PAGE_ROWS }
      return 'user' in owner
        ? take(
            api.GET('/api/v1/tenants/{tenant}/users/{user}/grants', {
              signal,
              params: { path: { tenant, ...owner }, query },
            }),
          )
        : take(
            api.GET('/api/v1/tenants/{tenant}/service-accounts/{service_account}/grants', {
              signal,
              params: { path: { tenant, ...owner }, query },
            }),
          )
    },
  })
