//! What following the calls has shown so far. Pure: the stream is in use-tail.ts.

import type { Call } from '@/api/types'

/** Calls that are kept while following; older ones are in the list without it. */
export const FOLLOWED_MAX = 2_000

type TailStatus =
  | { is: 'connecting' }
  | { is: 'live' }
  /** Broken; it is opened again by itself. */
  | { is: 'waiting'; seconds: number }
  /** No stream to be had; the list is asked again and again instead. */
  | { is: 'polling'; why: string }
  /** Over; `words` say why. */
  | { is: 'ended'; words: string }

export type TailState = {
  status: TailStatus
  /** Newest first. */
  calls: readonly Call[]
  /** Came while the reader was further down. */
  held: readonly Call[]
  /** Calls that were not shown, as far as is known. */
  dropped: number
  isUnsure: boolean
  /** More came than are kept: what is shown has a gap to the list below. */
  isFull: boolean
}

export type TailAction =
  | { type: 'status'; status: TailStatus }
  | { type: 'came'; calls: readonly Call[]; isPaused: boolean }
  | { type: 'released' }
  | { type: 'dropped'; count: number | null }

export const nothingYet: TailState = {
  status: { is: 'connecting' },
  calls: [],
  held: [],
  dropped: 0,
  isUnsure: false,
  isFull: false,
}

export function tailReducer(state: TailState, action: TailAction): TailState {
  switch (action.type) {
    case 'status':
      return { ...state, status: action.status }
    case 'came':
      return action.isPaused
        ? { ...state, held: merged(action.calls, state.held) }
        : shown(state, merged(action.calls, state.held))
    case 'released':
      return state.held.length === 0 ? state : shown(state, state.held)
    case 'dropped':
      return action.count === null
        ? { ...state, isUnsure: true }
        : { ...state, dropped: state.dropped + action.count }
  }
}

function shown(state: TailState, more: readonly Call[]): TailState {
  const calls = merged(more, state.calls)
  const isFull = state.isFull || calls.length > FOLLOWED_MAX
  return { ...state, held: [], calls: calls.slice(0, FOLLOWED_MAX), isFull }
}

/** Both, each call once, newest first: a node may hand in late what it kept. */
export function merged(some: readonly Call[], others: readonly Call[]): readonly Call[] {
  const known = new Set(others.map(call => call.id))
  const fresh = some.filter(call => !known.has(call.id))
  if (fresh.length === 0) return others
  // Ids begin with the time of the call.
  return [...fresh, ...others].sort((one, other) => (one.id < other.id ? 1 : one.id > other.id ? -1 : 0))
}

/** How long to wait before the attempt of that number, with a little chance, so that not all come back at once. */
export function delayMs(attempt: number, chance: number): number {
  return Math.round(Math.min(30_000, 1_000 * 2 ** attempt) * (0.75 + chance / 2))
}

/** Why there is no stream, where trying again soon is of no use. */
export function refusalWords(status: number): string | undefined {
  if (status === 404) return 'This control plane has no live view yet.'
  if (status === 429) return 'Too many live views are open: close one in another tab, or wait.'
  return status === 403 ? 'You may not follow calls here.' : undefined
}

const AGAIN = ['shutting_down', 'unavailable', 'role_lost']

const END_WORDS: Record<string, string> = {
  session_ended: 'Your session has ended. Reload the page to sign in again.',
  key_ended: 'The key that opened this has ended.',
  deactivated: 'Your account was deactivated.',
  tenant_suspended: 'Your organisation was suspended.',
}

/** What the last word of a stream means: nothing if it is opened again by itself. */
export const endWords = (reason: string): string | undefined =>
  AGAIN.includes(reason) ? undefined : (END_WORDS[reason] ?? 'The control plane ended the live view.')
