import { expect, test } from 'vitest'
import { bytes, plural, share, span, took } from './units'

test('how long', () => {
  const check = (us: number, expected: string) => expect(took(us)).toBe(expected)
  check(0, '0 µs')
  check(240, '240 µs')
  check(3_210, '3.2 ms')
  check(412_400, '412 ms')
  check(999_600, '1.0 s')
  check(1_800_000, '1.8 s')
  check(125_000_000, '2 min 5 s')
  check(120_000_000, '2 min')
})

test('how much', () => {
  expect([0, 1, 999, 1_000, 15_300, 2_400_000].map(bytes)).toEqual([
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1.0 KB',
    '15 KB',
    '2.4 MB',
  ])
  expect([share(0, 0), share(1, 8), share(1, 5_000), share(3, 3), share(1, 250)]).toEqual([
    '0%',
    '13%',
    '<0.1%',
    '100%',
    '0.4%',
  ])
  expect([3_600, 5_400, 86_400, 45, 0].map(span)).toEqual([
    '1 hour',
    '90 minutes',
    '1 day',
    '45 seconds',
    '0 seconds',
  ])
  expect([plural(1, 'tool'), plural(1_200, 'tool')]).toEqual(['1 tool', '1,200 tools'])
})
