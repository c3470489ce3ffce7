//! What the streams of a node come to. Pure.

import type { Node, NodeStream } from '@/api/types'

export type NodeSummary = {
  state: 'connected' | 'draining' | 'drained' | 'away' | 'revoked'
  /** Of each of its processes, without repetition. */
  versions: string[]
  regions: string[]
  /** Of the stream that has been there longest. */
  since: string | undefined
  streams: number
  tenants: number
  /** Revisions that the tenant which is furthest behind is behind. */
  lag: number
  rejects: number
  /** Of all its processes together; nothing if one of them does not say. */
  load: Load | undefined
}

export type Load = NonNullable<NodeStream['load']>

/** Without repetition, and without what is not said. */
const distinct = (texts: string[]) => [...new Set(texts.filter(Boolean))].sort()

type Seen = Pick<Node, 'revoked_at' | 'draining_since' | 'streams' | 'silent_replicas'>

export function summaryOf(node: Seen): NodeSummary {
  const { streams } = node
  const followed = streams.flatMap(stream => stream.tenants)
  const load = loadOf(streams)
  return {
    state: stateOf(node, load),
    load,
    versions: distinct(streams.map(stream => stream.version)),
    regions: distinct(streams.map(stream => stream.region)),
    since: streams.map(stream => stream.connected_at).sort()[0],
    streams: streams.length,
    tenants: new Set(followed.map(one => one.tenant_id)).size,
    lag: Math.max(0, ...streams.map(lagOf)),
    rejects: followed.reduce((sum, one) => sum + one.rejects.length, 0),
  }
}

function stateOf(
  { revoked_at, draining_since, streams, silent_replicas }: Seen,
  load: Load | undefined,
): NodeSummary['state'] {
  if (revoked_at) return 'revoked'
  if (streams.length === 0) return 'away'
  if (!draining_since) return 'connected'
  return silent_replicas === 0 && load?.draining && load.calls + load.streams === 0 ? 'drained' : 'draining'
}

/** It drains only if each process does. */
function loadOf(streams: readonly Pick<NodeStream, 'load'>[]): Load | undefined {
  const loads = streams.flatMap(({ load }) => load ?? [])
  if (loads.length === 0 || loads.length < streams.length) return undefined
  return loads.reduce((sum, one) => ({
    calls: sum.calls + one.calls,
    streams: sum.streams + one.streams,
    sessions: sum.sessions + one.sessions,
    draining: sum.draining && one.draining,
  }))
}

export const lagOf = (stream: Pick<NodeStream, 'tenants'>): number =>
  stream.tenants.reduce((worst, one) => Math.max(worst, one.lag), 0)
