//! Picks servers as members of a virtual one: those that the person manages.

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { serverList, serverNamed } from '@/api/queries'
import type { Server } from '@/api/types'
import { ChooseDialog } from '@/components/choose'
import { can } from '@/lib/can'
import { useSession, useTenant } from '@/lib/session'

const useServers = (q: string | undefined) => useInfiniteQuery(serverList(useTenant(), { q }))

type AddMembersProps = {
  members: readonly string[]
  onAdd: (servers: readonly Server[]) => void
  onClose: () => void
}

export function AddMembers({ members, onAdd, onClose }: AddMembersProps) {
  const tenant = useTenant()
  const session = useSession()
  const client = useQueryClient()
  return (
    <ChooseDialog<Server>
      heading="Add servers"
      description="Each brings what it offers, under names that begin with its alias."
      noun="servers"
      useRows={useServers}
      rowId={({ id }) => id}
      title={({ display_name }) => display_name}
      note={({ slug }) => slug}
      isIn={({ id }) => members.includes(id)}
      closed={server => {
        if (server.kind === 'virtual') return 'Is virtual itself: add its members'
        const may = can.manageServer(session, server)
        return may.yes ? undefined : 'Not managed by you: ask one of its managers'
      }}
      action="Add"
      onChoose={async ids =>
        onAdd(await Promise.all(ids.map(id => client.ensureQueryData(serverNamed(tenant, id)))))
      }
      onClose={onClose}
    />
  )
}
