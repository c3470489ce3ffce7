//! What people can do about their own keys, clients and browsers.

import { api, take } from '@/api/client'
import { useChange } from '@/lib/change'
import type { KeyBody } from './key-values'

export function useMyActions() {
  const { tenant, change } = useChange()
  return {
    createKey: (body: KeyBody) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/keys', { params: { path: { tenant } }, body })),
        'apiKeys',
      ),
    /** The old key works on for so many seconds. */
    rotateKey: (key: string, overlap_s: number) =>
      change(
        take(
          api.POST('/api/v1/tenants/{tenant}/keys/{key}/rotations', {
            params: { path: { tenant, key } },
            body: { overlap_s },
          }),
        ),
        'apiKeys',
      ),
    revokeKey: (key: string) =>
      change(
        take(api.DELETE('/api/v1/tenants/{tenant}/keys/{key}', { params: { path: { tenant, key } } })),
        'apiKeys',
      ),
    disconnect: (connection: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/me/connections/{connection}', {
            params: { path: { tenant, connection } },
          }),
        ),
        'connections',
      ),
    endSession: (session: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/me/sessions/{session}', {
            params: { path: { tenant, session } },
          }),
        ),
        'connections',
      ),
    /** Ends this session, too. */
    signOutEverywhere: (api_keys: boolean) =>
      take(
        api.POST('/api/v1/tenants/{tenant}/me/sign-out-everywhere', {
          params: { path: { tenant } },
          body: { api_keys },
        }),
      ),
    /** The stored credential of one's own at a server. */
    removeCredential: (server: string, credential: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/servers/{server}/credentials/{credential}', {
            params: { path: { tenant, server, credential } },
          }),
        ),
        'accounts',
        'servers',
      ),
  }
}
