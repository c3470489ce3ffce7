import type { ApiKey, BrowserSession, Connection } from '@/api/types'
import { columnsOf, RowLink } from '@/components/data-table'
import { KeyMenu } from '@/components/key-menu'
import type { KeyAsked } from '@/components/key-questions'
import { ServerName } from '@/components/names'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { QuietTime, Time } from '@/components/ui/time'
import { keyState } from '@/lib/key-values'
import { paths } from '@/lib/paths'
import { plural } from '@/lib/units'

const connections = columnsOf<Connection>()

export const connectionColumns = (tenant: string, onEnd: (connection: Connection) => void) =>
  connections.columns([
    connections.accessor('client_name', {
      header: 'Client',
      meta: { className: 'w-[40%] max-w-0 max-md:w-full' },
      cell: ({ row: { original } }) => (
        <div className="flex items-center gap-3">
          <div className="min-w-0">
            <RowLink {...paths.server(tenant, original.server_id)} className="block truncate">
              {original.client_name}
            </RowLink>
            <p className="truncate text-quiet text-xs">
              <span className="md:hidden">{original.server_name} · </span>
              returns to {original.redirect_host}
            </p>
          </div>
          <Button
            size="sm"
            kind="danger-quiet"
            className="relative z-1 ml-auto shrink-0 md:hidden"
            onClick={() => onEnd(original)}
          >
            Disconnect
          </Button>
        </div>
      ),
    }),
    connections.accessor('server_name', {
      header: 'Server',
      meta: { className: 'max-md:hidden w-[22%] max-w-0' },
      cell: info => <span className="block truncate text-quiet">{info.getValue()}</span>,
    }),
    connections.accessor('last_used_at', {
      header: 'Last used',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
    connections.display({
      id: 'end',
      header: () => <span className="sr-only">Disconnect</span>,
      meta: { className: 'max-md:hidden w-32 text-right' },
      cell: ({ row: { original } }) => (
        <Button size="sm" kind="danger-quiet" className="relative z-1" onClick={() => onEnd(original)}>
          Disconnect
        </Button>
      ),
    }),
  ])

const sessions = columnsOf<BrowserSession>()

export const sessionColumns = (onEnd: (session: BrowserSession) => void) =>
  sessions.columns([
    sessions.accessor('browser', {
      header: 'Browser',
      meta: { className: 'w-[40%] max-w-0 max-md:w-full' },
      cell: ({ row: { original } }) => (
        <div className="flex items-center gap-3">
          <div className="min-w-0">
            <p className="flex items-center gap-2 font-medium" title={original.user_agent}>
              <span className="truncate">{original.browser || 'Unknown browser'}</span>
              {original.current && <Badge tone="good">This one</Badge>}
            </p>
            <p className="text-quiet text-xs md:hidden">
              seen <Time at={original.last_seen_at} />
            </p>
          </div>
          <span className="ml-auto shrink-0 md:hidden">
            <EndSession session={original} onEnd={onEnd} />
          </span>
        </div>
      ),
    }),
    sessions.accessor('created_at', {
      header: 'Signed in',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
    sessions.accessor('last_seen_at', {
      header: 'Seen',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
    sessions.accessor('expires_at', {
      header: 'Ends',
      meta: { className: 'max-lg:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
    sessions.display({
      id: 'end',
      header: () => <span className="sr-only">Sign out</span>,
      meta: { className: 'max-md:hidden w-32 text-right' },
      cell: ({ row: { original } }) => <EndSession session={original} onEnd={onEnd} />,
    }),
  ])

type EndSessionProps = { session: BrowserSession; onEnd: (session: BrowserSession) => void }

const EndSession = ({ session, onEnd }: EndSessionProps) => (
  <Button size="sm" kind="danger-quiet" onClick={() => onEnd(session)}>
    Sign out
  </Button>
)

const apiKeys = columnsOf<ApiKey>()

const YES = { yes: true } as const

export const keyColumns = (ask: (asked: KeyAsked) => void) =>
  apiKeys.columns([
    apiKeys.accessor('name', {
      header: 'Key',
      meta: { className: 'w-[40%] max-w-0 max-md:w-full' },
      cell: ({ row: { original } }) => {
        const state = keyState(original, Date.now())
        return (
          <div className="flex items-center gap-3">
            <div className="min-w-0">
              <p className="flex items-center gap-2 font-medium">
                <span className="truncate">{original.name}</span>
                {state && <Badge tone={state.tone}>{state.label}</Badge>}
              </p>
              <p className="truncate text-quiet text-xs md:hidden">
                <Reach apiKey={original} />
                {original.last_used_at ? (
                  <>
                    {' '}
                    · used <Time at={original.last_used_at} />
                  </>
                ) : (
                  ' · never used'
                )}
              </p>
            </div>
            <span className="ml-auto shrink-0 md:hidden">
              <KeyMenu apiKey={original} ask={ask} mayReplace={YES} mayRevoke={YES} />
            </span>
          </div>
        )
      },
    }),
    apiKeys.display({
      id: 'reach',
      header: 'Reaches',
      meta: { className: 'max-md:hidden w-[22%] max-w-0' },
      cell: ({ row: { original } }) => (
        <span className="block truncate text-quiet">
          <Reach apiKey={original} />
        </span>
      ),
    }),
    apiKeys.accessor('last_used_at', {
      header: 'Last used',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} otherwise="Never" />,
    }),
    apiKeys.accessor('expires_at', {
      header: 'Ends',
      meta: { className: 'max-lg:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} otherwise="Never" />,
    }),
    apiKeys.display({
      id: 'act',
      header: () => <span className="sr-only">Actions</span>,
      meta: { className: 'max-md:hidden w-14 text-right' },
      cell: ({ row: { original } }) => (
        <KeyMenu apiKey={original} ask={ask} mayReplace={YES} mayRevoke={YES} />
      ),
    }),
  ])

function Reach({ apiKey: { server_ids } }: { apiKey: ApiKey }) {
  if (!server_ids) return 'All your servers, and the API'
  const [only] = server_ids
  return server_ids.length === 1 && only ? <ServerName id={only} /> : plural(server_ids.length, 'server')
}
