import type { Account, Server } from '@/api/types'
import { columnsOf, RowLink } from '@/components/data-table'
import { Badge } from '@/components/ui/badge'
import { CopyButton } from '@/components/ui/copy'
import { QuietTime } from '@/components/ui/time'
import { AUTH_WORDS } from '@/lib/auth-words'
import { paths } from '@/lib/paths'
import { FailingBadge, HealthBadge, type HealthOf } from './health-badge'
import { ServerTags } from './server-tags'

const columns = columnsOf<Server>()

/** `accounts`: how the reader stands with servers that want an account of their own, by server. */
export const serverColumns = (tenant: string, accounts: ReadonlyMap<string, Account>, health: HealthOf) =>
  columns.columns([
    columns.accessor('display_name', {
      header: 'Server',
      meta: { className: 'w-[36%] max-w-0' },
      cell: ({ row: { original } }) => (
        <div className="min-w-0">
          <div className="flex items-center gap-2">
            <RowLink {...paths.server(tenant, original.id)} className="truncate">
              {original.display_name}
            </RowLink>
            <ServerBadges server={original} account={accounts.get(original.id)} />
            <span className="md:hidden">
              <FailingBadge health={health(original)} />
            </span>
          </div>
          <p className="truncate text-quiet text-xs">{original.description || original.slug}</p>
        </div>
      ),
    }),
    columns.accessor('slug', {
      header: 'Slug',
      meta: { className: 'max-xl:hidden w-36' },
      cell: ({ row: { original } }) => (
        <span className="flex items-center gap-0.5">
          <span className="truncate font-mono text-quiet text-xs">{original.slug}</span>
          <CopyButton
            text={original.gateway_url}
            label="Copy the gateway URL"
            className="relative z-1 size-7"
          />
        </span>
      ),
    }),
    columns.accessor('tags', {
      header: 'Tags',
      meta: { className: 'max-xl:hidden w-44' },
      cell: info => <ServerTags tenant={tenant} tags={info.getValue()} atMost={2} />,
    }),
    columns.display({
      id: 'health',
      header: 'Last 24 hours',
      meta: { className: 'max-md:hidden w-40 whitespace-nowrap' },
      cell: ({ row: { original } }) => <HealthBadge health={health(original)} />,
    }),
    columns.display({
      id: 'auth',
      header: 'Authentication',
      meta: { className: 'max-md:hidden w-32' },
      cell: ({ row: { original } }) => (
        <span className="whitespace-nowrap text-quiet">{authOf(original)}</span>
      ),
    }),
    columns.accessor('your_role', {
      header: 'Your role',
      meta: { className: 'max-lg:hidden w-24' },
      cell: info => <span className="text-quiet capitalize">{info.getValue() ?? '—'}</span>,
    }),
    columns.accessor('updated_at', {
      header: 'Changed',
      meta: { className: 'max-lg:hidden w-32' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
  ])

export function authOf(server: Server): string {
  if (server.kind === 'virtual') return 'Of its members'
  return server.upstream ? AUTH_WORDS[server.upstream.outbound_auth.kind].short : '—'
}

/** What somebody should know before they open a server; nothing if all is as usual. */
export function ServerBadges({ server, account }: { server: Server; account: Account | undefined }) {
  return (
    <>
      {server.kind === 'virtual' && <Badge>Virtual</Badge>}
      {server.status === 'disabled' && <Badge tone="warning">Disabled</Badge>}
      {account && account.state !== 'ready' && <Badge tone="warning">{accountWords(account)}</Badge>}
    </>
  )
}

function accountWords({ state }: Account): string {
  return state === 'never_connected' ? 'Connect your account' : 'Reconnect your account'
}
