import { expect, test } from 'vitest'
import { bounds, rangeWords, readRange } from './range'

test('what the address says of time', () => {
  const check = (search: Record<string, unknown>, expected: object) =>
    expect(readRange(search, ['1h', '24h', '7d'], '24h'), JSON.stringify(search)).toEqual(expected)
  check({}, { range: undefined })
  check({ range: '7d' }, { range: '7d' })
  check({ range: '24h' }, { range: undefined })
  check({ range: '30d' }, { range: undefined })
  check({ from: 'yesterday' }, { range: undefined })
  check({ range: '7d', from: '2026-11-01T10:00Z' }, { from: '2026-11-01T10:00:00.000Z', to: undefined })
})

test('a word moves with the clock, to the minute', () => {
  const now = Date.parse('2026-11-28T12:00:42Z')
  expect(bounds({ range: '1h' }, now)).toEqual({ from: '2026-11-28T11:00:00.000Z' })
  expect(bounds({ from: 'a', to: 'b' }, now)).toEqual({ from: 'a', to: 'b' })
  expect(bounds({}, now)).toEqual({})
})

test('words', () => {
  expect(rangeWords({ range: '7d' }, 'All time')).toBe('Last 7 days')
  expect(rangeWords({}, 'All time')).toBe('All time')
  expect(rangeWords({ from: '2026-11-03T10:00' }, '')).toBe('Since Nov 3, 10:00')
})
