import { Badge } from '@/components/ui/badge'
import { plural } from '@/lib/units'
import type { Load, NodeSummary } from './node-summary'

/** How often the pages of nodes ask again. */
export const POLL_MS = 5_000

const STATES = {
  connected: { label: 'Connected', tone: 'good' },
  draining: { label: 'Draining', tone: 'warning' },
  drained: { label: 'Drained', tone: 'plain' },
  away: { label: 'Not connected', tone: 'warning' },
  revoked: { label: 'Revoked', tone: 'plain' },
} as const

export const NodeBadge = ({ state }: Pick<NodeSummary, 'state'>) => (
  <Badge tone={STATES[state].tone}>{STATES[state].label}</Badge>
)

/** What wants to be looked at; nothing if all is well. */
export function NodeTroubles({ lag, rejects }: Pick<NodeSummary, 'lag' | 'rejects'>) {
  return (
    <>
      {lag > 0 && <Badge tone="warning">{plural(lag, 'revision')} behind</Badge>}
      {rejects > 0 && <Badge tone="alert">{plural(rejects, 'refusal')}</Badge>}
    </>
  )
}

/** Not everything is known. */
export const SilentReplicas = ({ count }: { count: number }) =>
  count > 0 && (
    <p role="status" className="mb-4 rounded-lg bg-warning p-3 text-warning-text">
      {plural(count, 'replica')} of the control plane did not answer. Nodes that are connected there look
      away.
    </p>
  )

/** What a node is busy with, in a few words. */
export const busyWith = ({ calls, streams }: Load): string =>
  streams > 0 ? `${plural(calls, 'call')}, ${streams} listening` : plural(calls, 'call')

export const listOr = (texts: string[], otherwise = '—') => (texts.length > 0 ? texts.join(', ') : otherwise)
