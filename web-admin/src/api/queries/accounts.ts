//! Accounts: the credentials of one's own that servers want.

import { queryOptions } from '@tanstack/react-query'
import { api, take } from '../client'
import { keys } from './keys'

export const myAccounts = (tenant: string) =>
  queryOptions({
    queryKey: keys.accounts(tenant),
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/me/accounts', { signal, params: { path: { tenant } } })),
  })
