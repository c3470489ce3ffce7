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
import type { May } from '@/lib/can'
import { operations } from '@/lib/paths'
import { plural } from '@/lib/units'
import { useNodeActions } from './actions'
import { lagOf, type NodeSummary, summaryOf } from './node-summary'
import { listOr, NodeBadge, NodeTroubles, POLL_MS, SilentReplicas } from './node-words'

const route = getRouteApi('/system/nodes/$node')

export function NodePage() {
  const { node: id } = route.useParams()
  const { data } = useSuspenseQuery({ ...node(id), refetchInterval: POLL_MS })
  const [asked, ask] = useState<'drain' | 'resume' | 'revoke'>()
  const may: May = data.revoked_at ? { yes: false, why: 'It is revoked already.' } : { yes: true }
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
        <>
          <Button may={may} onClick={() => ask(data.draining_since ? 'resume' : 'drain')}>
            {data.draining_since ? 'Put into use…' : 'Drain…'}
          </Button>
          <Button kind="danger-quiet" may={may} onClick={() => ask('revoke')}>
            Revoke…
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {data.draining_since && !data.revoked_at && (
          <Draining since={data.draining_since} state={summary.state} />
        )}
        <SilentReplicas count={data.silent_replicas} />
        {data.streams.length === 0 && <NoStreams node={data} />}
        {data.streams.map(stream => (
          <Stream key={stream.instance_id} stream={stream} />
        ))}
        <About node={data} />
      </div>
      {asked === 'drain' && <Drain node={data} onClose={() => ask(undefined)} />}
      {asked === 'resume' && <Resume node={data} onClose={() => ask(undefined)} />}
      {asked === 'revoke' && <Revoke node={data} onClose={() => ask(undefined)} />}
    </Page>
  )
}

/** Where a drain has got to. */
const Draining = ({ since, state }: { since: string; state: NodeSummary['state'] }) => (
  <Section title={state === 'drained' ? 'Drained' : 'Draining'}>
    <SectionBody aria-live="polite">
      {DRAIN_WORDS[state] ?? DRAIN_WORDS.draining} Asked for <Time at={since} />.
    </SectionBody>
  </Section>
)

const DRAIN_WORDS: Partial<Record<NodeSummary['state'], string>> = {
  drained: 'Nothing is under way any more: its processes can be stopped.',
  away: 'No process is connected; those that start drain at once.',
  draining:
    'Balancers send it nobody new. Who listens is sent elsewhere every ten seconds, and calls end in their own time.',
}

const NoStreams = ({ node }: { node: Node }) => (
  <EmptyState title={node.revoked_at ? 'It was revoked' : 'Not connected'}>
    {node.revoked_at
      ? 'Its secret opens nothing any more. Enrol another node in its place.'
      : 'It has not started, or cannot reach the control plane. The node’s own log says which; portway doctor looks from outside.'}
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
        {stream.load && (
          <>
            <Fact name="Calls under way">{stream.load.calls}</Fact>
            <Fact name="Clients that listen">{stream.load.streams}</Fact>
            <Fact name="Sessions served lately">{stream.load.sessions}</Fact>
          </>
        )}
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

function Drain({ node, onClose }: { node: Node; onClose: () => void }) {
  const { drain } = useNodeActions()
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Drain ${node.name}?`}
      action="Drain the node"
      consequences={
        <ul>
          <li>It says that it is not ready, so that balancers send it nobody new.</li>
          <li>
            Who listens is told to connect again, every ten seconds; idle connections are closed. Calls under
            way end in their own time, and what comes all the same is served.
          </li>
          <li>It stays so, also when its processes are started again, until it is put into use.</li>
        </ul>
      }
      onConfirm={async () => {
        await drain(node.id, true)
        toast.done(`${node.name} is draining`)
      }}
    />
  )
}

function Resume({ node, onClose }: { node: Node; onClose: () => void }) {
  const { drain } = useNodeActions()
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Put ${node.name} into use?`}
      action="Put the node into use"
      consequences={<p>It says that it is ready, so that balancers send it calls again.</p>}
      onConfirm={async () => {
        await drain(node.id, false)
        toast.done(`${node.name} is in use again`)
      }}
    />
  )
}

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
