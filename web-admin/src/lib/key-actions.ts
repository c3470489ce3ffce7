//! Every change to API keys, one's own and those of others.

import { api, take } from '@/api/client'
import { useChange } from './change'
import type { KeyBody } from './key-values'

export function useKeyActions() {
  const { tenant, change } = useChange()
  return {
    /** One's own, or that of a service account; other people's are theirs to make. */
    create: (body: KeyBody & { service_account_id?: string }) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/keys', { params: { path: { tenant } }, body })),
        'apiKeys',
      ),
    /** The old key works on for so many seconds. */
    replace: (key: string, overlap_s: number) =>
      change(
        take(
          api.POST('/api/v1/tenants/{tenant}/keys/{key}/rotations', {
            params: { path: { tenant, key } },
            body: { overlap_s },
          }),
        ),
        'apiKeys',
      ),
    revoke: (key: string) =>
      change(
        take(api.DELETE('/api/v1/tenants/{tenant}/keys/{key}', { params: { path: { tenant, key } } })),
        'apiKeys',
      ),
  }
}
