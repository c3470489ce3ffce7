//! One node: its processes, the tenants that they follow, and what they did not take.

import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { node } from '@/api/queries'
import type { Node, NodeStream } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { EmptyState, Page } from '@/components/page'
import { Fact, Facts, RowItem, RowList, RowText, Section, SectionBody } from '@/components/section'
import { Button } from '@/components/ui/button'
import { CopyCode } from '@/components/ui/copy'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { operations } from '@/lib/paths'
import { plural } from '@/lib/units'
import { useNodeActions } from './actions'
import { lagOf, summaryOf } from './node-summary'
import { listOr, NodeBadge, NodeTroubles, POLL_MS } from './node-words'

const route = getRouteApi('/system/nodes/$node')

export function NodePage() {
  const { node: id } = route.useParams()
  const { data } = useSuspenseQuery({ ...node(id), refetchInterval: POLL_MS })
  const [isAsked, ask] = useState(false)
  const summary = summaryOf(data)
  return (
    <Page
      title={data.name}
      back={{ ...operations.nodes(), children: 'Nodes' }}
      description={`Serves the tenants of the pool ${data.pool}.`}
      aside={
        <>
          <NodeBadge state={summary.state} />
          <NodeTroubles {...summary} />
        </>
      }
      width="narrow"
      actions={
        <Button
          kind="danger-quiet"
          may={data.revoked_at ? { yes: false, why: 'It is revoked already.' } : { yes: true }}
          onClick={() => ask(true)}
        >
          Revoke…
        </Button>
      }
    >
      <div className="grid gap-4">
        {data.streams.length === 0 && <NoStreams node={data} />}
        {data.streams.map(stream => (
          <Stream key={stream.instance_id} stream={stream} />
        ))}
        <About node={data} />
      </div>
      {isAsked && <Revoke node={data} onClose={() => ask(false)} />}
    </Page>
  )
}

const NoStreams = ({ node }: { node: Node }) => (
  <EmptyState title={node.revoked_at ? 'It was revoked' : 'No stream to this replica'}>
    {node.revoked_at
      ? 'Its secret opens nothing any more. Enrol another node in its place.'
      : 'It has not started, cannot reach the control plane, or is connected to another replica of it. The node’s own log says which; portway doctor looks from outside.'}
  </EmptyState>
)

/** One process of the node. */
function Stream({ stream }: { stream: NodeStream }) {
  const [isLong, setLong] = useState(false)
  const { tenants } = stream
  const shown = isLong ? tenants : troubledFirst(tenants).slice(0, SHOWN)
  const lag = lagOf(stream)
  return (
    <Section
      title={stream.node_id}
      description={
        lag === 0 ? 'Has everything that it should have.' : `Up to ${plural(lag, 'revision')} behind.`
      }
    >
      <Facts>
        <Fact name="Connected">
          <Time at={stream.connected_at} />
        </Fact>
        <Fact name="Version">{stream.version}</Fact>
        <Fact name="Region">{stream.region || '—'}</Fact>
        <Fact name="Can">
          <span className="text-quiet text-xs">{listOr(stream.capabilities, 'Nothing but the basics')}</span>
        </Fact>
      </Facts>
      {tenants.length === 0 ? (
        <SectionBody className="text-quiet">
          It follows no tenant yet: it begins with the first request to one of its pool.
        </SectionBody>
      ) : (
        <RowList label={`Tenants that ${stream.node_id} follows`}>
          {shown.map(followed => (
            <RowItem key={followed.tenant_id}>
              <Followed followed={followed} />
            </RowItem>
          ))}
        </RowList>
      )}
      {shown.length < tenants.length && (
        <SectionBody className="py-2 text-center">
          <Button size="sm" kind="quiet" onClick={() => setLong(true)}>
            Show all {plural(tenants.length, 'tenant')}
          </Button>
        </SectionBody>
      )}
    </Section>
  )
}

type FollowedTenant = NodeStream['tenants'][number]

const SHOWN = 20

const troubledFirst = (tenants: readonly FollowedTenant[]) =>
  [...tenants].sort((a, b) => b.rejects.length - a.rejects.length || b.lag - a.lag)

function Followed({ followed }: { followed: FollowedTenant }) {
  const { tenant_id, slug, acknowledged_revision, lag, rejects } = followed
  const name = slug ? (
    <Link {...operations.tenant(slug)} className="hover:underline">
      {slug}
    </Link>
  ) : (
    <code className="font-mono text-xs">{tenant_id}</code>
  )
  return (
    <RowText title={name}>
      Revision {acknowledged_revision}
      {lag > 0 ? `, ${lag} behind` : ', up to date'}
      {rejects.length > 0 && (
        <ul className="mt-1 space-y-0.5 text-alert-text">
          {rejects.map(({ kind, resource_id, reason }) => (
            <li key={`${kind} ${resource_id}`} className="break-words">
              Refused {kind.replaceAll('_', ' ')}
              {resource_id && ` ${resource_id}`}: {reason}
            </li>
          ))}
        </ul>
      )}
    </RowText>
  )
}

const About = ({ node }: { node: Node }) => (
  <Section title="About">
    <Facts>
      <Fact name="Pool">{node.pool}</Fact>
      <Fact name="Enrolled">
        <Time at={node.created_at} />
      </Fact>
      {node.revoked_at && (
        <Fact name="Revoked">
          <Time at={node.revoked_at} />
        </Fact>
      )}
      <Fact name="Id">
        <CopyCode text={node.id} label="Copy the id" />
      </Fact>
    </Facts>
  </Section>
)

function Revoke({ node, onClose }: { node: Node; onClose: () => void }) {
  const { revoke } = useNodeActions()
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Revoke ${node.name}?`}
      action="Revoke the node"
      word={node.name}
      consequences={
        <ul>
          <li>
            Its streams end now here, and within seconds on other replicas. Its secret never works again.
          </li>
          <li>
            It goes on serving with what it knows until its tenants’ offline time is over: stop the process as
            well, if it must end at once.
          </li>
          <li>Its name stays taken. A node in its place is enrolled under another one.</li>
        </ul>
      }
      onConfirm={async () => {
        await revoke(node.id)
        toast.done(`${node.name} is revoked`)
      }}
    />
  )
}
