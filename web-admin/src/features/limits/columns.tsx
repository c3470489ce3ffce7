import type { LimitRule } from '@/api/types'
import { columnsOf, RowLink } from '@/components/data-table'
import { Badge } from '@/components/ui/badge'
import { useNames } from '@/lib/names'
import { paths } from '@/lib/paths'
import { apartWords, sentence, windowWords } from './sentence'

const columns = columnsOf<LimitRule>()

export const limitColumns = (tenant: string) =>
  columns.columns([
    columns.accessor('name', {
      header: 'Limit',
      meta: { className: 'w-[60%] max-w-0 max-md:w-full' },
      cell: ({ row: { original } }) => (
        <div className="min-w-0 py-1">
          <div className="flex items-center gap-2">
            <RowLink {...paths.limit(tenant, original.id)} className="truncate">
              {original.name}
            </RowLink>
            {original.mode === 'audit' && <Badge>Only counts</Badge>}
          </div>
          <p className="max-w-[80ch] text-quiet text-xs">
            <Sentence rule={original} />
          </p>
        </div>
      ),
    }),
    columns.display({
      id: 'windows',
      header: 'At most',
      meta: { className: 'max-md:hidden w-44' },
      cell: ({ row: { original } }) => (
        <ul className="text-quiet tabular-nums">
          {original.windows.map(window => (
            <li key={window.per}>{windowWords(window)}</li>
          ))}
        </ul>
      ),
    }),
    columns.display({
      id: 'apart',
      header: 'Counted for each',
      meta: { className: 'max-lg:hidden w-40' },
      cell: ({ row: { original } }) => <span className="text-quiet">{apartWords(original.key)}</span>,
    }),
  ])

/** What the rule does, with names. */
export function Sentence({ rule }: { rule: Parameters<typeof sentence>[0] }) {
  const { name } = useNames([...(rule.servers ?? []), ...(rule.subjects ?? []).map(({ id }) => id)])
  return sentence(rule, name)
}
