//! What can be done to servers. Each throws what the API refused; who calls decides where that is shown.

import { useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { keys } from '@/api/queries'
import type { NewServer, ServerPatch } from '@/api/types'
import { useTenant } from '@/lib/session'

export function useServerActions() {
  const tenant = useTenant()
  const client = useQueryClient()
  const changed = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: keys.servers(tenant) }),
      client.invalidateQueries({ queryKey: keys.accounts(tenant) }),
    ])
  return {
    register: async (body: NewServer) => {
      const server = await take(
        api.POST('/api/v1/tenants/{tenant}/servers', { params: { path: { tenant } }, body }),
      )
      await changed()
      return server
    },
    update: async (id: string, body: ServerPatch) => {
      const path = { tenant, server: id }
      await take(api.PATCH('/api/v1/tenants/{tenant}/servers/{server}', { params: { path }, body }))
      await changed()
    },
    retire: async (id: string, slug: string) => {
      const params = { path: { tenant, server: id }, query: { confirm: slug } }
      await take(api.DELETE('/api/v1/tenants/{tenant}/servers/{server}', { params }))
      client.removeQueries({ queryKey: [...keys.servers(tenant), id] })
      await changed()
    },
    endUse: async (id: string, use: string) => {
      const path = { tenant, server: id, use }
      await take(api.DELETE('/api/v1/tenants/{tenant}/servers/{server}/uses/{use}', { params: { path } }))
      await changed()
    },
  }
}
