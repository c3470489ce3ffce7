import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { server } from '@/api/queries'
import type { Server } from '@/api/types'
import { can, type May } from '@/lib/can'
import { useSession } from '@/lib/session'

/** The server of the address, and whether the person may change it. The route above every tab has loaded it. */
export function useServer(): { tenant: string; server: Server; may: May } {
  const { tenant, server: id } = useParams({ from: '/$tenant/servers/$server' })
  const { data } = useSuspenseQuery(server(tenant, id))
  return { tenant, server: data, may: can.manageServer(useSession(), data) }
}
