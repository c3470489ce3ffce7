//! What people can do about their own clients, accounts and browsers.

import { api, take } from '@/api/client'
import { useChange } from '@/lib/change'

export function useMyActions() {
  const { tenant, change } = useChange()
  return {
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
