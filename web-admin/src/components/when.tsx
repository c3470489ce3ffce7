//! A time in a log: how long ago, and to the second.

import { clock } from '@/lib/time'
import { Time } from './ui/time'

export const When = ({ at }: { at: string }) => (
  <div className="text-quiet">
    <Time at={at} />
    <p className="text-xs tabular-nums">{clock(at, Date.now())}</p>
  </div>
)
