//! What ids are called. Rows of logs have ids only; each name is asked for once, and only for rows that are in view.

import { useQueries, useQuery } from '@tanstack/react-query'
import { groupNamed, machineNamed, serverNamed, userNamed } from '@/api/queries'
import { can } from './can'
import { useSession, useTenant } from './session'

/** A name, or nothing: it is on its way, the thing is gone, or the person may not know. */
export type Named = { name: string | undefined; isPending: boolean }

export function useServerName(id: string): Named {
  const { data, isLoading } = useQuery(serverNamed(useTenant(), id))
  return { name: data?.display_name, isPending: isLoading }
}

/** A person (`usr_…`), a service account (`sva_…`) or a group (`grp_…`). */
export function usePartyName(id: string): Named {
  const tenant = useTenant()
  const session = useSession()
  const isMe = id === session.user.id
  const enabled = !isMe && can.readPeople(session).yes
  const { data, isLoading } = useQuery({ ...partyNamed(tenant, id), enabled })
  return isMe
    ? { name: session.user.display_name, isPending: false }
    : { name: data?.name, isPending: isLoading }
}

export function partyNamed(tenant: string, id: string) {
  if (id.startsWith('sva_')) return machineNamed(tenant, id)
  return id.startsWith('grp_') ? groupNamed(tenant, id) : userNamed(tenant, id)
}

/** Names of several things at once: until they are here, a piece of the id. */
export function useNames(ids: readonly string[]): { name: (id: string) => string } {
  const tenant = useTenant()
  const servers = ids.filter(id => id.startsWith('srv_'))
  const parties = ids.filter(id => !id.startsWith('srv_'))
  const found = new Map<string, string>()
  const ofServers = useQueries({ queries: servers.map(id => serverNamed(tenant, id)) })
  const ofParties = useQueries({ queries: parties.map(id => partyNamed(tenant, id)) })
  ofServers.forEach(({ data }, at) => {
    if (data) found.set(servers[at] ?? '', data.display_name)
  })
  ofParties.forEach(({ data }, at) => {
    if (data) found.set(parties[at] ?? '', data.name)
  })
  return { name: id => found.get(id) ?? (ids.includes(id) ? shortId(id) : id) }
}

/** Enough of an id to tell it from others. */
export const shortId = (id: string): string => (id.length > 14 ? `${id.slice(0, 4)}…${id.slice(-5)}` : id)
