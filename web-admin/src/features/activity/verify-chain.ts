//! Walks along the whole chain, stretch by stretch.

import type { Verification } from '@/api/types'

export type Walk = {
  checked: number
  /** The newest event when this began. */
  head: number
  flaws: Verification['flaws']
  flawsTotal: number
  /** The last event that was looked at, as `SEQ:SHA256`. */
  place: string | undefined
  isDone: boolean
}

export const atTheStart: Walk = {
  checked: 0,
  head: 0,
  flaws: [],
  flawsTotal: 0,
  place: undefined,
  isDone: false,
}

/** What is known after one more stretch. */
export function further(walk: Walk, stretch: Verification): Walk {
  return {
    checked: walk.checked + stretch.checked,
    head: stretch.head_seq,
    flaws: [...walk.flaws, ...stretch.flaws],
    flawsTotal: walk.flawsTotal + stretch.flaws_total,
    place: stretch.place ?? walk.place,
    isDone: stretch.next_after === undefined || stretch.next_after === null,
  }
}
