import { expect, test } from 'vitest'
import { clock, relative } from './time'

test('how long ago', () => {
  const now = Date.parse('2026-11-28T12:00:00Z')
  const check = (at: string, expected: string) => expect(relative(at, now), at).toBe(expected)
  check('2026-11-28T11:59:55Z', 'just now')
  check('2026-11-28T11:59:30Z', '30 seconds ago')
  check('2026-11-28T11:57:00Z', '3 minutes ago')
  check('2026-11-28T09:00:00Z', '3 hours ago')
  check('2026-11-27T11:00:00Z', 'yesterday')
  check('2026-11-30T13:00:00Z', 'in 2 days')
  check('2026-12-05T11:59:00Z', 'in 7 days')
  check('2027-02-26T11:59:00Z', 'in 3 months')
  check('2026-08-28T12:00:00Z', '3 months ago')
  check('2024-11-27T12:00:00Z', '2 years ago')
})

test('to the second', () => {
  const now = new Date(2026, 10, 28, 12).getTime()
  expect(clock(new Date(2026, 10, 28, 5, 39, 2).toISOString(), now)).toBe('05:39:02')
  expect(clock(new Date(2026, 10, 27, 23, 0, 0).toISOString(), now)).toBe('Nov 27, 23:00:00')
})
