//! What can be done about credentials of a server: everybody's one, people's own, and overrides. Values go in and never
//! come out.

import { api, take } from '@/api/client'
import type { OutboundAuthInput } from '@/api/types'
import { useChange } from '@/lib/change'
import { useServer } from '@/lib/server'
import type { OverrideBody, StoreBody } from './values'

export function useCredentialActions() {
  const { server } = useServer()
  const { tenant, change } = useChange()
  const path = { tenant, server: server.id }
  return {
    /** How everybody's calls are let in from now on. */
    setShared: (outbound_auth: OutboundAuthInput) =>
      change(
        take(
          api.PATCH('/api/v1/tenants/{tenant}/servers/{server}', {
            params: { path },
            body: { outbound_auth },
          }),
        ),
        'servers',
        'accounts',
      ),
    store: (body: StoreBody) =>
      change(
        take(api.PUT('/api/v1/tenants/{tenant}/servers/{server}/credentials', { params: { path }, body })),
        'servers',
        'accounts',
      ),
    removeStored: (credential: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/servers/{server}/credentials/{credential}', {
            params: { path: { ...path, credential } },
          }),
        ),
        'servers',
        'accounts',
      ),
    setOverride: (body: OverrideBody) =>
      change(
        take(api.PUT('/api/v1/tenants/{tenant}/servers/{server}/overrides', { params: { path }, body })),
        'servers',
      ),
    removeOverride: (override: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/servers/{server}/overrides/{override}', {
            params: { path: { ...path, override } },
          }),
        ),
        'servers',
      ),
  }
}
