//! What can be done to servers. Each throws what the API refused; who calls decides where that is shown.

import { api, take } from '@/api/client'
import type { NewServer, ServerPatch } from '@/api/types'
import { useChange } from '@/lib/change'

export function useServerActions() {
  const { tenant, change, remove } = useChange()
  return {
    register: (body: NewServer) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/servers', { params: { path: { tenant } }, body })),
        'servers',
        'accounts',
      ),
    update: (server: string, body: ServerPatch) =>
      change(
        take(
          api.PATCH('/api/v1/tenants/{tenant}/servers/{server}', {
            params: { path: { tenant, server } },
            body,
          }),
        ),
        'servers',
        'accounts',
      ),
    retire: (server: string, slug: string) =>
      remove(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/servers/{server}', {
            params: { path: { tenant, server }, query: { confirm: slug } },
          }),
        ),
        server,
        'servers',
        'accounts',
      ),
    endUse: (server: string, use: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/servers/{server}/uses/{use}', {
            params: { path: { tenant, server, use } },
          }),
        ),
        'servers',
        'accounts',
      ),
  }
}
