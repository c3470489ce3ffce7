//! What the streams of a node come to. Pure.

import type { Node, NodeStream } from '@/api/types'

export type NodeSummary = {
  state: 'connected' | 'away' | 'revoked'
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
}

/** Without repetition, and without what is not said. */
const distinct = (texts: string[]) => [...new Set(texts.filter(Boolean))].sort()

export function summaryOf(node: Pick<Node, 'revoked_at' | 'streams'>): NodeSummary {
  const { streams } = node
  const followed = streams.flatMap(stream => stream.tenants)
  const connected = streams.length > 0 ? 'connected' : 'away'
  return {
    state: node.revoked_at ? 'revoked' : connected,
    versions: distinct(streams.map(stream => stream.version)),
    regions: distinct(streams.map(stream => stream.region)),
    since: streams.map(stream => stream.connected_at).sort()[0],
    streams: streams.length,
    tenants: new Set(followed.map(one => one.tenant_id)).size,
    lag: Math.max(0, ...streams.map(lagOf)),
    rejects: followed.reduce((sum, one) => sum + one.rejects.length, 0),
  }
}

export const lagOf = (stream: Pick<NodeStream, 'tenants'>): number =>
  stream.tenants.reduce((worst, one) => Math.max(worst, one.lag), 0)
