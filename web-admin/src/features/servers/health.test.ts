import { expect, test } from 'vitest'
import type { UsageSeries } from '@/api/types'
import { healthOf, SERIES_MAX, tallyOf } from './health'

test('how a server fares', () => {
  const check = (calls: number, errors: number, refused: number, label: string, tone: string) =>
    expect(healthOf({ calls, errors, refused }, true)).toMatchObject({ label, tone })
  check(0, 0, 0, 'No calls', 'plain')
  check(100, 0, 3, 'Working', 'good')
  check(100, 4, 0, 'Working', 'good')
  check(100, 12, 0, 'Failing: 12% of calls', 'warning')
  check(2, 2, 0, 'Failing: 100% of calls', 'alert')
  // Nothing got through, so nothing is known to work.
  check(3, 0, 3, 'All refused', 'warning')
})

test('whose calls it is about is said', () => {
  const tally = { calls: 4, errors: 1, refused: 0 }
  expect(healthOf(tally, true).what).toMatch(/^25% of 4 calls in the last 24 hours failed/)
  expect(healthOf(tally, false).what).toMatch(/^25% of 4 calls of yours /)
  expect(healthOf({ calls: 0, errors: 0, refused: 0 }, false).what).toBe(
    'You did not call it in the last 24 hours.',
  )
})

test('what the API does not say is not known', () => {
  const series = (id: string): UsageSeries => ({ id, total: { calls: 9, errors: 0, refused: 0 }, points: [] })
  expect(tallyOf(undefined, 'srv_1')).toBeUndefined()
  expect(tallyOf({ series: [series('srv_1')] }, 'srv_1')?.calls).toBe(9)
  expect(tallyOf({ series: [series('srv_2')] }, 'srv_1')?.calls).toBe(0)
  const full = Array.from({ length: SERIES_MAX }, (_, at) => series(`srv_x${at}`))
  expect(tallyOf({ series: full }, 'srv_1')).toBeUndefined()
})
