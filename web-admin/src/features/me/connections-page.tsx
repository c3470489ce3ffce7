//! What acts for the person: their accounts at servers, and the IDEs and agents that they approved.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Cable, Plug } from 'lucide-react'
import { useMemo, useState } from 'react'
import { myAccounts, myConnections } from '@/api/queries'
import type { Account, Connection } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { DataTable } from '@/components/data-table'
import { DisconnectAccount } from '@/components/disconnect-account'
import { EmptyState, Page } from '@/components/page'
import { ProblemPanel } from '@/components/problem'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Skeleton } from '@/components/ui/skeleton'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { ACCOUNT_WORDS } from '@/lib/account-words'
import { pages, paths } from '@/lib/paths'
import { useMyActions } from './actions'
import { connectionColumns } from './columns'
import { MeNav } from './me-nav'

const route = getRouteApi('/$tenant/me/')

export function ConnectionsPage() {
  return (
    <Page title="Me" tab="Connections" description="What acts for you, and with what.">
      <MeNav />
      <section aria-labelledby="accounts">
        <h2 id="accounts" className="font-semibold text-base">
          Your accounts at servers
        </h2>
        <p className="mb-3 text-quiet">Servers that want to know you call with a credential of your own.</p>
        <Accounts />
      </section>
      <section aria-labelledby="clients" className="mt-8">
        <h2 id="clients" className="font-semibold text-base">
          IDEs and agents
        </h2>
        <p className="mb-3 text-quiet">Programs that you approved. Each can call its server as you.</p>
        <Clients />
      </section>
    </Page>
  )
}

function Accounts() {
  const { tenant } = route.useParams()
  const query = useQuery(myAccounts(tenant))
  if (query.isPending) return <Skeleton className="h-28 w-full rounded-xl" />
  if (query.isError) return <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />
  if (query.data.items.length === 0) {
    return (
      <Card className="p-4 text-quiet">
        None of your servers asks for one. When one does, your IDE leads you to its page on the first call.
      </Card>
    )
  }
  return (
    <Card>
      <ul className="divide-y divide-line">
        {query.data.items.map(account => (
          <AccountRow key={account.server_id} tenant={tenant} account={account} />
        ))}
      </ul>
    </Card>
  )
}

function AccountRow({ tenant, account }: { tenant: string; account: Account }) {
  const { removeCredential } = useMyActions()
  const [asking, setAsking] = useState(false)
  const { label, tone, todo, action } = ACCOUNT_WORDS[account.state]
  const { credential_id } = account
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex items-center gap-2">
          <Link {...paths.server(tenant, account.server_id)} className="truncate font-medium hover:underline">
            {account.server_name}
          </Link>
          <Badge tone={tone}>{label}</Badge>
        </p>
        <p className="text-quiet text-xs">
          {todo ||
            (account.set_at && (
              <>
                Connected <Time at={account.set_at} />
              </>
            ))}
          {account.state === 'ready' && account.expires_at && (
            <>
              , token until <Time at={account.expires_at} />
            </>
          )}
        </p>
      </div>
      <div className="flex gap-2">
        <Button size="sm" kind={account.state === 'ready' ? 'secondary' : 'primary'} asChild>
          <a href={pages.connect(tenant, account.server_slug)}>{action}</a>
        </Button>
        {credential_id && (
          <Button size="sm" kind="danger-quiet" onClick={() => setAsking(true)}>
            Disconnect
          </Button>
        )}
      </div>
      {credential_id && (
        <DisconnectAccount
          open={asking}
          onOpenChange={setAsking}
          name={account.server_name}
          onDisconnect={() => removeCredential(account.server_id, credential_id)}
        />
      )}
    </li>
  )
}

function Clients() {
  const { tenant } = route.useParams()
  const query = useInfiniteQuery(myConnections(tenant))
  const { disconnect } = useMyActions()
  const [asked, setAsked] = useState<Connection>()
  const columns = useMemo(() => connectionColumns(tenant, setAsked), [tenant])
  return (
    <>
      <DataTable
        noun={['connection', 'connections']}
        query={query}
        columns={columns}
        rowId={connection => connection.id}
        empty={
          <EmptyState
            icon={<Plug />}
            title="Nothing acts for you yet"
            action={
              <Button asChild>
                <a href={pages.home(tenant)}>
                  <Cable /> Add a server to your IDE
                </a>
              </Button>
            }
          >
            When you add a server to an IDE and approve it, it stands here, and you can end it here.
          </EmptyState>
        }
      />
      <Confirm
        open={asked !== undefined}
        onOpenChange={open => !open && setAsked(undefined)}
        title={`Disconnect ${asked?.client_name ?? ''}?`}
        action="Disconnect"
        consequences={
          <ul>
            <li>Its tokens end, and what it is doing at {asked?.server_name} is cut off, within a second.</li>
            <li>It asks you for consent when it comes again.</li>
          </ul>
        }
        onConfirm={async () => {
          if (!asked) return
          await disconnect(asked.id)
          toast.done(`${asked.client_name} is disconnected`)
        }}
      />
    </>
  )
}
