import { useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, take } from '@/api/client'
import { keys } from '@/api/queries'
import type { NamedSubject, ServerRole } from '@/api/types'
import { useServer } from '@/lib/server'

/** Giving and taking a server. */
export function useGrantActions() {
  const { tenant, server } = useServer()
  const client = useQueryClient()
  return useMemo(() => {
    const path = { tenant, server: server.id }
    const changed = () => client.invalidateQueries({ queryKey: keys.servers(tenant) })
    return {
      put: async ({ kind, id }: Pick<NamedSubject, 'kind' | 'id'>, role: ServerRole) => {
        const body = { subject: { kind, id }, role }
        await take(api.PUT('/api/v1/tenants/{tenant}/servers/{server}/grants', { params: { path }, body }))
        await changed()
      },
      remove: async (grant: string) => {
        const params = { path: { ...path, grant } }
        await take(api.DELETE('/api/v1/tenants/{tenant}/servers/{server}/grants/{grant}', { params }))
        await changed()
      },
    }
  }, [client, tenant, server.id])
}
