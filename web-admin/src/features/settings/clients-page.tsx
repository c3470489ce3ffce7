//! OAuth clients: the programs that sign people in here, however they came to be known.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppWindow } from 'lucide-react'
import { useMemo, useState } from 'react'
import { oauthClientList } from '@/api/queries'
import { Confirm } from '@/components/confirm'
import { DataTable } from '@/components/data-table'
import { EmptyState, Page } from '@/components/page'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { useSession } from '@/lib/session'
import { useSettingsActions } from './actions'
import { type ClientAct, clientColumns } from './client-columns'
import { SettingsNav } from './settings-nav'

const route = getRouteApi('/$tenant/settings/clients')

export function ClientsPage() {
  const may = can.readClients(useSession())
  return (
    <Page
      title="Settings"
      tab="OAuth clients"
      description="Programs that sign people in here: IDEs, agents, and what you registered yourselves."
    >
      <SettingsNav />
      {may.yes ? (
        <Clients />
      ) : (
        <EmptyState icon={<AppWindow />} title="OAuth clients are not yours to see">
          {may.why} Those that act for you are under Me.
        </EmptyState>
      )}
    </Page>
  )
}

function Clients() {
  const { tenant } = route.useParams()
  const may = can.manageClients(useSession())
  const query = useInfiniteQuery(oauthClientList(tenant))
  const { blockClient, deleteClient } = useSettingsActions()
  const [act, setAct] = useState<ClientAct>()
  const columns = useMemo(() => clientColumns(may, setAct), [may])
  const close = (open: boolean) => !open && setAct(undefined)
  const name = act?.client.name ?? ''
  const isDynamic = act?.client.kind === 'dynamic'
  return (
    <>
      <DataTable
        noun={['client', 'clients']}
        query={query}
        columns={columns}
        rowId={client => client.id}
        empty={
          <EmptyState icon={<AppWindow />} title="No client has come yet">
            IDEs register themselves the first time somebody adds a server to them. Then they stand here, and
            can be blocked for everybody.
          </EmptyState>
        }
      />
      <Confirm
        open={act?.what === 'block'}
        onOpenChange={close}
        title={`Block ${name}?`}
        action="Block the client"
        consequences={
          <ul>
            <li>All that it does is refused, for everybody, within a second. It keeps its tokens.</li>
            {isDynamic && (
              <li>It registered itself: installed anew, it gets another id, and is not blocked.</li>
            )}
            <li>Unblock it, and it goes on without anybody signing in again.</li>
          </ul>
        }
        onConfirm={async () => {
          if (!act) return
          await blockClient(act.client.id, true)
          toast.done(`${name} is blocked`)
        }}
      />
      <Confirm
        open={act?.what === 'unblock'}
        onOpenChange={close}
        title={`Unblock ${name}?`}
        action="Unblock the client"
        consequences={<p>It is served again at once, with the tokens that it has.</p>}
        onConfirm={async () => {
          if (!act) return
          await blockClient(act.client.id, false)
          toast.done(`${name} is unblocked`)
        }}
      />
      <Confirm
        open={act?.what === 'delete'}
        onOpenChange={close}
        title={`Delete ${name}?`}
        action="Delete the client"
        word={name}
        consequences={
          <ul>
            <li>Everybody’s approvals of it end, with their tokens and streams.</li>
            {act?.client.kind === 'static' ? (
              <li>Its id and its secrets work never again. Programs that use them stop.</li>
            ) : (
              <li>
                It may come back, and then asks each person for consent again. To keep it out, block it
                instead.
              </li>
            )}
          </ul>
        }
        onConfirm={async () => {
          if (!act) return
          await deleteClient(act.client.id)
          toast.done(`${name} is deleted`)
        }}
      />
    </>
  )
}
