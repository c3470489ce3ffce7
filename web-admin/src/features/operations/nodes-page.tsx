//! The nodes that carry calls, and how far each has followed.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Network, Plus } from 'lucide-react'
import { useState } from 'react'
import { nodeList } from '@/api/queries'
import type { Node } from '@/api/types'
import { columnsOf, DataTable, RowLink } from '@/components/data-table'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { QuietTime } from '@/components/ui/time'
import { operations } from '@/lib/paths'
import { EnrolFlow } from './enrol'
import { summaryOf } from './node-summary'
import { busyWith, listOr, NodeBadge, NodeTroubles, POLL_MS, SilentReplicas } from './node-words'

export function NodesPage() {
  const query = useInfiniteQuery({ ...nodeList(), refetchInterval: POLL_MS })
  const nodes = query.data?.pages.flatMap(page => page.items) ?? []
  const silent = Math.max(0, ...nodes.map(node => node.silent_replicas))
  const [isEnrolling, setEnrolling] = useState(false)
  const enrol = (
    <Button kind="primary" onClick={() => setEnrolling(true)}>
      <Plus /> Enrol a node
    </Button>
  )
  return (
    <Page title="Nodes" description="They carry the calls of the tenants of their pool." actions={enrol}>
      <SilentReplicas count={silent} />
      <DataTable
        noun={['node', 'nodes']}
        query={query}
        columns={COLUMNS}
        rowId={node => node.id}
        empty={
          <EmptyState icon={<Network />} title="Enrol the first node" action={enrol}>
            A node serves the tenants of its pool. It gets a secret of its own, and with it everything it has
            to know from the control plane.
          </EmptyState>
        }
      />
      {isEnrolling && <EnrolFlow onClose={() => setEnrolling(false)} />}
    </Page>
  )
}

const columns = columnsOf<Node>()

const COLUMNS = columns.columns([
  columns.accessor('name', {
    header: 'Node',
    cell: ({ row: { original } }) => {
      const summary = summaryOf(original)
      return (
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
            <RowLink {...operations.node(original.id)} className="truncate">
              {original.name}
            </RowLink>
            <span className="md:hidden">
              <NodeBadge state={summary.state} />
            </span>
            <NodeTroubles {...summary} />
          </div>
          <p className="truncate text-quiet text-xs">Pool {original.pool}</p>
        </div>
      )
    },
  }),
  columns.display({
    id: 'state',
    header: 'State',
    meta: { className: 'max-md:hidden w-36' },
    cell: ({ row: { original } }) => <NodeBadge state={summaryOf(original).state} />,
  }),
  columns.display({
    id: 'version',
    header: 'Version',
    meta: { className: 'max-lg:hidden w-32' },
    cell: ({ row: { original } }) => (
      <span className="text-quiet">{listOr(summaryOf(original).versions)}</span>
    ),
  }),
  columns.display({
    id: 'region',
    header: 'Region',
    meta: { className: 'max-lg:hidden w-32' },
    cell: ({ row: { original } }) => (
      <span className="text-quiet">{listOr(summaryOf(original).regions)}</span>
    ),
  }),
  columns.display({
    id: 'since',
    header: 'Connected since',
    meta: { className: 'max-md:hidden w-40' },
    cell: ({ row: { original } }) => {
      const { since } = summaryOf(original)
      return <QuietTime at={since} />
    },
  }),
  columns.display({
    id: 'load',
    header: 'Busy with',
    meta: { className: 'max-md:hidden w-44' },
    cell: ({ row: { original } }) => {
      const { load } = summaryOf(original)
      return <span className="text-quiet tabular-nums">{load ? busyWith(load) : '—'}</span>
    },
  }),
  columns.display({
    id: 'sessions',
    header: 'Sessions',
    meta: { className: 'max-lg:hidden w-24 text-right' },
    cell: ({ row: { original } }) => (
      <span className="text-quiet tabular-nums">{summaryOf(original).load?.sessions ?? '—'}</span>
    ),
  }),
  columns.display({
    id: 'lag',
    header: 'Behind',
    meta: { className: 'max-md:hidden w-24 text-right' },
    cell: ({ row: { original } }) => (
      <span className="text-quiet tabular-nums">
        {original.streams.length > 0 ? summaryOf(original).lag : '—'}
      </span>
    ),
  }),
])
