import { Ellipsis } from 'lucide-react'
import type { OAuthClient } from '@/api/types'
import { columnsOf } from '@/components/data-table'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy'
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu'
import { QuietTime } from '@/components/ui/time'
import type { May } from '@/lib/can'
import { CLIENT_KINDS } from './words'

export type ClientAct = { client: OAuthClient; what: 'block' | 'unblock' | 'delete' }

const columns = columnsOf<OAuthClient>()

export const clientColumns = (may: May, onAct: (act: ClientAct) => void) =>
  columns.columns([
    columns.accessor('name', {
      header: 'Client',
      meta: { className: 'w-[40%] max-w-0 max-md:w-full' },
      cell: ({ row: { original } }) => (
        <div className="flex items-center gap-3">
          <div className="min-w-0">
            <p className="flex items-center gap-2 font-medium">
              <span className="truncate">{original.name}</span>
              {original.blocked_at && <Badge tone="warning">Blocked</Badge>}
            </p>
            <p className="truncate text-quiet text-xs">{original.redirect_uris.join(', ')}</p>
          </div>
          <span className="ml-auto shrink-0 md:hidden">
            <ClientMenu client={original} may={may} onAct={onAct} />
          </span>
        </div>
      ),
    }),
    columns.accessor('kind', {
      header: 'Came by',
      meta: { className: 'max-md:hidden w-44' },
      cell: info => <span className="text-quiet">{CLIENT_KINDS[info.getValue()]}</span>,
    }),
    columns.accessor('client_id', {
      header: 'Client id',
      meta: { className: 'max-lg:hidden w-60' },
      cell: info => (
        <span className="flex items-center gap-0.5">
          <span className="max-w-48 truncate font-mono text-quiet text-xs">{info.getValue()}</span>
          <CopyButton text={info.getValue()} label="Copy the client id" className="size-7" />
        </span>
      ),
    }),
    columns.accessor('last_used_at', {
      header: 'Last token',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => {
        const at = info.getValue()
        return <QuietTime at={at} otherwise="Never" />
      },
    }),
    columns.display({
      id: 'act',
      header: () => <span className="sr-only">Actions</span>,
      meta: { className: 'max-md:hidden w-14 text-right' },
      cell: ({ row: { original } }) => <ClientMenu client={original} may={may} onAct={onAct} />,
    }),
  ])

type ClientMenuProps = { client: OAuthClient; may: May; onAct: (act: ClientAct) => void }

function ClientMenu({ client, may, onAct }: ClientMenuProps) {
  const trigger = (
    <Button kind="quiet" size="icon" aria-label={`Actions for ${client.name}`}>
      <Ellipsis />
    </Button>
  )
  return (
    <Menu trigger={trigger}>
      {client.blocked_at ? (
        <MenuItem may={may} onSelect={() => onAct({ client, what: 'unblock' })}>
          Unblock…
        </MenuItem>
      ) : (
        <MenuItem may={may} onSelect={() => onAct({ client, what: 'block' })}>
          Block…
        </MenuItem>
      )}
      <MenuLine />
      <MenuItem danger may={may} onSelect={() => onAct({ client, what: 'delete' })}>
        Delete…
      </MenuItem>
    </Menu>
  )
}
