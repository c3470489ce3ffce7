import type { AuditEvent } from '@/api/types'
import { columnsOf, RowLink } from '@/components/data-table'
import { PartyName, ServerName } from '@/components/names'
import { Time } from '@/components/ui/time'
import { When } from '@/components/when'
import { shortId } from '@/lib/names'
import { paths } from '@/lib/paths'
import { actionWords, actorWords, detailWords, isNamed } from './audit-words'

const columns = columnsOf<AuditEvent>()

export const auditColumns = (tenant: string) =>
  columns.columns([
    columns.accessor('action', {
      header: 'What',
      meta: { className: 'w-[26%] max-w-0 max-md:w-full' },
      cell: ({ row: { original } }) => (
        <div className="min-w-0">
          <RowLink
            {...paths.audit(tenant)}
            search={(before: object) => ({ ...before, event: original.id })}
            replace
            resetScroll={false}
            className="block truncate"
          >
            {actionWords(original.action)}
          </RowLink>
          <p className="flex gap-1.5 text-quiet text-xs md:hidden">
            <span className="min-w-0 truncate">
              <Actor party={original.actor} />
            </span>
            <span className="ml-auto shrink-0">
              <Time at={original.at} />
            </span>
          </p>
        </div>
      ),
    }),
    columns.accessor('actor', {
      header: 'Who',
      meta: { className: 'max-md:hidden w-[18%] max-w-0' },
      cell: info => (
        <span className="block truncate text-quiet">
          <Actor party={info.getValue()} />
        </span>
      ),
    }),
    columns.accessor('target', {
      header: 'Done to',
      meta: { className: 'max-md:hidden w-[18%] max-w-0' },
      cell: info => (
        <span className="block truncate text-quiet">
          <TargetName party={info.getValue()} />
        </span>
      ),
    }),
    columns.accessor('detail', {
      header: 'Detail',
      meta: { className: 'max-lg:hidden w-[24%] max-w-0' },
      cell: ({ row: { original } }) => (
        <span className="line-clamp-1 break-all text-quiet text-xs">{detailWords(original)}</span>
      ),
    }),
    columns.accessor('at', {
      header: 'When',
      meta: { className: 'max-md:hidden w-36 text-right' },
      cell: info => <When at={info.getValue()} />,
    }),
  ])

type Party = AuditEvent['actor']

export function Actor({ party: { kind, id } }: { party: Party }) {
  if (id && isNamed(kind)) return <PartyName id={id} />
  return actorWords(kind)
}

export function TargetName({ party: { kind, id } }: { party: Party }) {
  if (!id) return actorWords(kind)
  if (kind === 'server') return <ServerName id={id} />
  if (isNamed(kind)) return <PartyName id={id} />
  return <span className="font-mono text-xs">{shortId(id)}</span>
}
