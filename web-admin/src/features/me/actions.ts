//! What people can do about their own keys, clients and browsers.

import { useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { keys } from '@/api/queries'
import { useTenant } from '@/lib/session'
import type { KeyBody } from './key-values'

export function useMyActions() {
  const tenant = useTenant()
  const client = useQueryClient()
  const changed = (queryKey: readonly string[]) => client.invalidateQueries({ queryKey })
  return {
    createKey: async (body: KeyBody) => {
      const fresh = await take(
        api.POST('/api/v1/tenants/{tenant}/keys', { params: { path: { tenant } }, body }),
      )
      await changed(keys.apiKeys(tenant))
      return fresh
    },
    /** The old key works on for so many seconds. */
    rotateKey: async (key: string, overlap_s: number) => {
      const path = { tenant, key }
      const fresh = await take(
        api.POST('/api/v1/tenants/{tenant}/keys/{key}/rotations', { params: { path }, body: { overlap_s } }),
      )
      await changed(keys.apiKeys(tenant))
      return fresh
    },
    revokeKey: async (key: string) => {
      await take(api.DELETE('/api/v1/tenants/{tenant}/keys/{key}', { params: { path: { tenant, key } } }))
      await changed(keys.apiKeys(tenant))
    },
    disconnect: async (connection: string) => {
      const path = { tenant, connection }
      await take(api.DELETE('/api/v1/tenants/{tenant}/me/connections/{connection}', { params: { path } }))
      await changed(keys.connections(tenant))
    },
    endSession: async (session: string) => {
      const path = { tenant, session }
      await take(api.DELETE('/api/v1/tenants/{tenant}/me/sessions/{session}', { params: { path } }))
      await changed(keys.connections(tenant))
    },
    /** Ends this session, too. */
    signOutEverywhere: (api_keys: boolean) =>
      take(
        api.POST('/api/v1/tenants/{tenant}/me/sign-out-everywhere', {
          params: { path: { tenant } },
          body: { api_keys },
        }),
      ),
    /** The stored credential of one's own at a server. */
    removeCredential: async (server: string, credential: string) => {
      const path = { tenant, server, credential }
      await take(
        api.DELETE('/api/v1/tenants/{tenant}/servers/{server}/credentials/{credential}', {
          params: { path },
        }),
      )
      await changed(keys.accounts(tenant))
    },
  }
}
