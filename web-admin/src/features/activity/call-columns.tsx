import type { Call } from '@/api/types'
import { columnsOf, RowLink } from '@/components/data-table'
import { PartyName, ServerName } from '@/components/names'
import { Badge } from '@/components/ui/badge'
import { Time } from '@/components/ui/time'
import { When } from '@/components/when'
import { calledWhat, OUTCOME_WORDS } from '@/lib/call-words'
import { paths } from '@/lib/paths'
import { took } from '@/lib/units'

const columns = columnsOf<Call>()

export const callColumns = (tenant: string) =>
  columns.columns([
    columns.display({
      id: 'call',
      header: 'Call',
      meta: { className: 'w-[25%] max-w-0 max-md:w-full' },
      cell: ({ row: { original } }) => <CallCell tenant={tenant} call={original} />,
    }),
    columns.accessor('server_id', {
      header: 'Server',
      meta: { className: 'max-md:hidden w-[15%] max-w-0' },
      cell: ({ row: { original } }) => (
        <span className="block truncate text-quiet">
          <ServerName id={original.server_id} />
        </span>
      ),
    }),
    columns.display({
      id: 'who',
      header: 'Who',
      meta: { className: 'max-md:hidden w-[15%] max-w-0' },
      cell: ({ row: { original } }) => (
        <span className="block truncate text-quiet">
          <PartyName id={original.principal.id} />
        </span>
      ),
    }),
    columns.display({
      id: 'client',
      header: 'Client',
      meta: { className: 'max-lg:hidden w-[14%] max-w-0' },
      cell: ({ row: { original } }) => (
        <span className="block truncate text-quiet">{original.client.name || '—'}</span>
      ),
    }),
    columns.accessor('outcome', {
      header: 'Outcome',
      meta: { className: 'max-md:hidden w-28' },
      cell: info => <OutcomeBadge outcome={info.getValue()} />,
    }),
    columns.accessor('duration_us', {
      header: 'Took',
      meta: { className: 'max-md:hidden w-24 whitespace-nowrap text-right tabular-nums' },
      cell: info => <span className="text-quiet">{took(info.getValue())}</span>,
    }),
    columns.accessor('started_at', {
      header: 'When',
      meta: { className: 'max-md:hidden w-36 text-right' },
      cell: info => <When at={info.getValue()} />,
    }),
  ])

function CallCell({ tenant, call }: { tenant: string; call: Call }) {
  const { name, kind } = calledWhat(call)
  return (
    <div className="min-w-0">
      <div className="flex items-center gap-2">
        <RowLink {...paths.call(tenant, call.id)} className="min-w-0 truncate">
          {name}
        </RowLink>
        {call.target !== '' && call.method !== 'tools/call' && (
          <span className="truncate font-mono text-quiet text-xs max-md:hidden">{kind}</span>
        )}
        <span className="ml-auto md:hidden">
          <OutcomeBadge outcome={call.outcome} />
        </span>
      </div>
      <p className="flex gap-1.5 text-quiet text-xs md:hidden">
        <span className="min-w-0 truncate">
          <ServerName id={call.server_id} /> · <PartyName id={call.principal.id} />
        </span>
        <span className="ml-auto shrink-0">
          {took(call.duration_us)} · <Time at={call.started_at} />
        </span>
      </p>
    </div>
  )
}

export function OutcomeBadge({ outcome }: Pick<Call, 'outcome'>) {
  const { label, tone } = OUTCOME_WORDS[outcome]
  return <Badge tone={tone}>{label}</Badge>
}
