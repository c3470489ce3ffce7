import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { myAccounts, server as serverQuery, serverUses } from '@/api/queries'
import type { Account, Server } from '@/api/types'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { CopyLine } from '@/components/ui/copy'
import { Time } from '@/components/ui/time'
import { ACCOUNT_WORDS } from '@/lib/account-words'
import { AUTH_WORDS } from '@/lib/auth-words'
import { pages, paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { HealthCard } from './health-card'

export function ServerOverview() {
  const { tenant, server, may } = useServer()
  const account = useQuery(myAccounts(tenant)).data?.items.find(account => account.server_id === server.id)
  return (
    <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="space-y-5">
        {server.status === 'disabled' && (
          <p role="note" className="rounded-lg border border-warning-line/50 bg-warning p-3">
            This server is disabled: nobody can call it until a manager enables it again.
          </p>
        )}
        <Card className="p-5">
          <h2 className="mb-2 font-semibold">Gateway URL</h2>
          <CopyLine text={server.gateway_url} label="Copy the gateway URL" />
          <p className="mt-2 text-quiet">
            This is all that an IDE needs. See{' '}
            <Link {...paths.howToUse(tenant, server.id)} className="link">
              how to use it
            </Link>{' '}
            in yours.
          </p>
        </Card>
        <HealthCard />
        {account && <MyAccount tenant={tenant} account={account} />}
        {server.members && <Members tenant={tenant} members={server.members} />}
        {may.yes && server.kind === 'single' && <Uses tenant={tenant} server={server} />}
      </div>
      <Facts server={server} />
    </div>
  )
}

function Facts({ server }: { server: Server }) {
  const { upstream } = server
  const auth = upstream && AUTH_WORDS[upstream.outbound_auth.kind]
  return (
    <Card className="p-5">
      <h2 className="sr-only">About this server</h2>
      <dl className="space-y-4">
        <Fact name="Slug">
          <code className="font-mono text-[0.8125rem]">{server.slug}</code>
        </Fact>
        {upstream && (
          <Fact name="Reached at">
            <code className="break-all font-mono text-[0.8125rem]">{upstream.url}</code>
          </Fact>
        )}
        {auth && (
          <Fact name="Authentication">
            {auth.label}
            <p className="text-[0.8125rem] text-quiet">{auth.people}</p>
          </Fact>
        )}
        {upstream && upstream.timeout_ms > 0 && (
          <Fact name="Time for one call">{upstream.timeout_ms / 1_000} seconds</Fact>
        )}
        <Fact name="Your role">
          {server.your_role ? (
            <span className="capitalize">{server.your_role}</span>
          ) : (
            'By your role in the organisation'
          )}
        </Fact>
        <Fact name="Registered">
          <Time at={server.created_at} />
        </Fact>
        <Fact name="Changed">
          <Time at={server.updated_at} />
        </Fact>
      </dl>
    </Card>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt className="text-[0.8125rem] text-quiet">{name}</dt>
    <dd className="mt-0.5">{children}</dd>
  </div>
)

function MyAccount({ tenant, account }: { tenant: string; account: Account }) {
  const isReady = account.state === 'ready'
  const { label, tone, todo, action } = ACCOUNT_WORDS[account.state]
  return (
    <Card className="flex flex-wrap items-center justify-between gap-3 p-5">
      <div className="min-w-0 flex-1 basis-72">
        <h2 className="flex items-center gap-2 font-semibold">
          Your account <Badge tone={tone}>{label}</Badge>
        </h2>
        <p className="mt-1 text-quiet">{todo || 'Calls go out with an account of your own.'}</p>
      </div>
      <Button asChild kind={isReady ? 'secondary' : 'primary'}>
        <a href={pages.connect(tenant, account.server_slug)}>{isReady ? 'See it' : action}</a>
      </Button>
    </Card>
  )
}

function Members({ tenant, members }: { tenant: string; members: NonNullable<Server['members']> }) {
  return (
    <Card className="p-5">
      <h2 className="mb-2 font-semibold">Made of</h2>
      <ul className="divide-y divide-line">
        {members.map(({ server_id, alias }) => (
          <li key={server_id} className="flex items-center justify-between gap-4 py-2">
            <MemberName tenant={tenant} id={server_id} />
            <code className="font-mono text-quiet text-xs">{alias}_…</code>
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** A member may be one that the reader does not see. */
function MemberName({ tenant, id }: { tenant: string; id: string }) {
  const { data, isError } = useQuery({ ...serverQuery(tenant, id), retry: false })
  if (isError) return <span className="text-quiet">A server that is not shared with you</span>
  return (
    <Link {...paths.server(tenant, id)} className="link">
      {data?.display_name ?? '…'}
    </Link>
  )
}

function Uses({ tenant, server }: { tenant: string; server: Server }) {
  const { data } = useQuery(serverUses(tenant, server.id))
  if (!data || data.items.length === 0) return null
  return (
    <Card className="p-5">
      <h2 className="mb-2 font-semibold">Part of</h2>
      <ul className="divide-y divide-line">
        {data.items.map(({ id, display_name, slug }) => (
          <li key={id} className="flex items-center justify-between gap-4 py-2">
            <Link {...paths.server(tenant, id)} className="link">
              {display_name}
            </Link>
            <code className="font-mono text-quiet text-xs">{slug}</code>
          </li>
        ))}
      </ul>
    </Card>
  )
}
