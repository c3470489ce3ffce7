//! What a tool says about itself, in words. It may be wrong, and nothing of Portway’s relies on it.

import { Badge } from '@/components/ui/badge'
import { Hint } from '@/components/ui/tooltip'
import type { Hints } from '@/lib/mcp'

type Said = { label: string; means: string; tone?: 'good' | 'warning' }

function saidOf(hints: Hints): Said[] {
  const { readOnly, destructive, idempotent, openWorld } = hints
  const said: (Said | false | undefined)[] = [
    readOnly && { label: 'Read only', means: 'Says that it changes nothing.', tone: 'good' },
    !readOnly &&
      destructive && { label: 'Destructive', means: 'Says that it may destroy something.', tone: 'warning' },
    !readOnly && destructive === false && { label: 'Adds only', means: 'Says that it destroys nothing.' },
    !readOnly &&
      idempotent && { label: 'Repeatable', means: 'Says that a second call changes nothing more.' },
    openWorld && { label: 'Open world', means: 'Says that it reaches systems outside of the server.' },
    openWorld === false && { label: 'Closed world', means: 'Says that it stays within the server.' },
  ]
  return said.filter(one => one !== false && one !== undefined)
}

export const HintBadges = ({ hints }: { hints: Hints }) =>
  saidOf(hints).map(({ label, means, tone }) => (
    <Hint key={label} text={means}>
      <Badge tone={tone ?? 'plain'}>{label}</Badge>
    </Hint>
  ))
