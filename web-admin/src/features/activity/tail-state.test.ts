import { expect, test } from 'vitest'
import type { Call } from '@/api/types'
import {
  delayMs,
  endWords,
  FOLLOWED_MAX,
  merged,
  nothingYet,
  refusalWords,
  type TailAction,
  tailReducer,
} from './tail-state'

const call = (number: number) => ({ id: `cal_${String(number).padStart(5, '0')}` }) as Call
const ids = (calls: readonly Call[]) => calls.map(({ id }) => Number(id.slice(4)))
const after = (...actions: TailAction[]) => actions.reduce(tailReducer, nothingYet)

test('calls come on top, each once, and late ones where they belong', () => {
  expect(ids(merged([call(3), call(2)], [call(2), call(1)]))).toEqual([3, 2, 1])
  expect(ids(merged([call(1)], [call(3), call(2)]))).toEqual([3, 2, 1])
  const same = [call(1)]
  expect(merged([call(1)], same)).toBe(same)
})

test('whoever reads further down is not disturbed', () => {
  const paused = after(
    { type: 'came', calls: [call(1)], isPaused: false },
    { type: 'came', calls: [call(2)], isPaused: true },
    { type: 'came', calls: [call(3)], isPaused: true },
  )
  expect([ids(paused.calls), ids(paused.held)]).toEqual([[1], [3, 2]])
  const back = tailReducer(paused, { type: 'released' })
  expect([ids(back.calls), ids(back.held)]).toEqual([[3, 2, 1], []])
})

test('what is kept has an end', () => {
  const many = Array.from({ length: FOLLOWED_MAX + 5 }, (_, number) => call(number))
  const full = after({ type: 'came', calls: many, isPaused: false })
  expect([full.calls.length, full.isFull, ids(full.calls)[0]]).toEqual([FOLLOWED_MAX, true, FOLLOWED_MAX + 4])
})

test('what was not shown is said', () => {
  const state = after(
    { type: 'dropped', count: 3 },
    { type: 'dropped', count: 4 },
    { type: 'dropped', count: null },
  )
  expect([state.dropped, state.isUnsure]).toEqual([7, true])
})

test('waiting grows, and has an end', () => {
  expect([0, 1, 2, 9].map(attempt => delayMs(attempt, 0.5))).toEqual([1_000, 2_000, 4_000, 30_000])
  expect(delayMs(0, 0)).toBe(750)
})

test('why there is nothing to follow', () => {
  expect(refusalWords(404)).toContain('no live view')
  expect(refusalWords(429)).toContain('Too many')
  expect([refusalWords(0), refusalWords(502)]).toEqual([undefined, undefined])
  expect(endWords('shutting_down')).toBeUndefined()
  expect(endWords('session_ended')).toContain('sign in')
  expect(endWords('something_new')).toContain('ended')
})
