//! The audit log: every change, sign-in and refusal, in a chain of hashes that shows whether one is missing.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Download, ScrollText, ShieldCheck } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { auditList } from '@/api/queries'
import type { AuditEvent } from '@/api/types'
import { DataTable } from '@/components/data-table'
import { Filter, Filters, RangeFilter } from '@/components/filters'
import { PartyName } from '@/components/names'
import { EmptyState, Page } from '@/components/page'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { can } from '@/lib/can'
import { matching, type Options, usePartyOptions } from '@/lib/options'
import { files } from '@/lib/paths'
import { bounds } from '@/lib/range'
import { useSession } from '@/lib/session'
import { count } from '@/lib/units'
import { ActivityNav } from './activity-nav'
import { auditColumns } from './audit-columns'
import { AuditEventDialog } from './audit-event'
import { AUDIT_RANGES, type AuditSearch, isAuditSearch } from './audit-search'
import { AUDIT_NOUNS, actionWords, nounWords } from './audit-words'
import { ChainDialog } from './chain-dialog'

const route = getRouteApi('/$tenant/activity/audit')

export function AuditPage() {
  const may = can.readAudit(useSession())
  if (may.yes) return <AuditLog />
  return (
    <Page title="Activity" tab="Audit log">
      <ActivityNav />
      <EmptyState icon={<ScrollText />} title="The audit log is not yours to read">
        {may.why} Ask an administrator for the role.
      </EmptyState>
    </Page>
  )
}

function AuditLog() {
  const { tenant } = route.useParams()
  const { event: opened, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const [isVerifying, setVerifying] = useState(false)
  const query = useInfiniteQuery(auditList(tenant, search))
  const columns = useMemo(() => auditColumns(tenant), [tenant])
  const change = useCallback(
    (change: Partial<AuditSearch>) =>
      void navigate({ search: before => ({ ...before, ...change }), replace: true }),
    [navigate],
  )
  const pages = query.data?.pages ?? []
  const event = pages.flatMap(page => page.items).find(({ id }) => id === opened)
  const { from, to } = bounds(search, Date.now())
  return (
    <Page
      title="Activity"
      tab="Audit log"
      description="Every change, every sign-in and every refusal worth knowing. Nobody can edit it."
      actions={
        <>
          <Button onClick={() => setVerifying(true)}>
            <ShieldCheck /> Verify
          </Button>
          <Button asChild>
            <a href={files.audit(tenant, { from, to })} download>
              <Download /> Export
            </a>
          </Button>
        </>
      }
    >
      <ActivityNav />
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <AuditFilters search={search} change={change} />
        <span className="ml-auto max-md:ml-0">
          <ChainStatus pages={pages} isSearch={isAuditSearch(search)} />
        </span>
      </div>
      <DataTable
        noun={['event', 'events']}
        query={query}
        columns={columns}
        rowId={event => event.id}
        empty={
          <EmptyState
            icon={<ScrollText />}
            title={isAuditSearch(search) ? 'No event fits these filters' : 'Nothing has happened yet'}
            action={
              isAuditSearch(search) && (
                <Button onClick={() => void navigate({ search: {}, replace: true })}>
                  Clear the filters
                </Button>
              )
            }
          >
            Who registered a server, gave access, signed in or was refused stands here, for as long as the
            organisation exists.
          </EmptyState>
        }
      />
      <AuditEventDialog
        event={event}
        onClose={() => void navigate({ search: before => ({ ...before, event: undefined }), replace: true })}
        onSearch={change}
      />
      <ChainDialog open={isVerifying} onOpenChange={setVerifying} />
    </Page>
  )
}

type AuditFiltersProps = { search: AuditSearch; change: (change: Partial<AuditSearch>) => void }

function AuditFilters({ search, change }: AuditFiltersProps) {
  return (
    <Filters>
      <RangeFilter
        value={search}
        names={AUDIT_RANGES}
        fallback={{ words: 'All of time' }}
        onChange={({ range, from, to }) => change({ range, from, to })}
      />
      <Filter
        label="Who"
        value={search.actor}
        words={search.actor && <PartyName id={search.actor} />}
        useOptions={usePartyOptions}
        onChange={actor => change({ actor })}
      />
      <Filter
        label="What"
        value={search.action}
        words={search.action && actionWords(search.action)}
        useOptions={useActionOptions}
        free
        onChange={action => change({ action })}
      />
      {search.target !== undefined && (
        <Filter
          label="Done to"
          value={search.target}
          words={<span className="font-mono text-xs">{search.target}</span>}
          useOptions={useNoOptions}
          free
          onChange={target => change({ target })}
        />
      )}
    </Filters>
  )
}

const useNoOptions = (): Options => ({ options: [], isPending: false })

const useActionOptions = (typed: string): Options => ({
  options: matching(
    AUDIT_NOUNS.map(value => ({ value, label: nounWords(value) })),
    typed,
  ),
  isPending: false,
})

type VerifiedPage = {
  items: AuditEvent[]
  verify: { checked: number; intact: boolean; broken_seq?: number | null }
}

/** What the pages that were read say of themselves; the whole chain is another question. */
function ChainStatus({ pages, isSearch }: { pages: VerifiedPage[]; isSearch: boolean }) {
  if (pages.length === 0) return null
  const broken = pages.find(page => !page.verify.intact)
  if (broken) {
    return <Badge tone="alert">The chain is broken at event {broken.verify.broken_seq ?? '?'}</Badge>
  }
  const checked = pages.reduce((sum, page) => sum + page.verify.checked, 0)
  if (checked === 0) return null
  return (
    <Badge tone="good" title="Each event’s hash was recomputed. Verify walks along the whole chain.">
      <ShieldCheck aria-hidden="true" className="size-3.5" />
      {isSearch ? `${count(checked)} events unchanged` : `Chain intact over ${count(checked)} events`}
    </Badge>
  )
}
