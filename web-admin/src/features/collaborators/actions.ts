import { useMemo } from 'react'
import { api, take } from '@/api/client'
import type { NamedSubject, ServerRole } from '@/api/types'
import { useChange } from '@/lib/change'
import { useServer } from '@/lib/server'

/** Giving and taking a server. */
export function useGrantActions() {
  const { server } = useServer()
  const { tenant, change } = useChange()
  return useMemo(() => {
    const path = { tenant, server: server.id }
    return {
      put: ({ kind, id }: Pick<NamedSubject, 'kind' | 'id'>, role: ServerRole) =>
        change(
          take(
            api.PUT('/api/v1/tenants/{tenant}/servers/{server}/grants', {
              params: { path },
              body: { subject: { kind, id }, role },
            }),
          ),
          'servers',
        ),
      remove: (grant: string) =>
        change(
          take(
            api.DELETE('/api/v1/tenants/{tenant}/servers/{server}/grants/{grant}', {
              params: { path: { ...path, grant } },
            }),
          ),
          'servers',
        ),
    }
  }, [change, tenant, server.id])
}
