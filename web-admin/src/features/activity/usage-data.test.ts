import { expect, test } from 'vitest'
import type { Usage, UsageSeries } from '@/api/types'
import {
  nameOf,
  readServerUsageSearch,
  readUsageSearch,
  rowsOf,
  searchOf,
  splitOf,
  stackOf,
  usageFilter,
  within,
} from './usage-data'

const series = (name: string, calls: number[]): UsageSeries => ({
  id: `srv_${name}`,
  name,
  total: { calls: calls.reduce((sum, one) => sum + one, 0), errors: 0, refused: 0 },
  points: calls.flatMap((calls, hour) =>
    calls === 0 ? [] : [{ at: `2026-11-28T0${hour}:00:00Z`, calls, errors: 0, refused: 0 }],
  ),
})

const usage = (...parts: number[][]): Usage => {
  const all = [0, 1, 2].map(hour => parts.reduce((sum, part) => sum + (part[hour] ?? 0), 0))
  return {
    bucket: 'hour',
    from: '2026-11-28T00:00:00Z',
    to: '2026-11-28T02:30:00Z',
    all: series('all', all),
    series: parts.map((part, index) => series(String(index), part)),
  }
}

test('points without calls are there', () => {
  expect(rowsOf(usage([4, 0, 2])).map(row => row.calls)).toEqual([4, 0, 2])
  expect(rowsOf({ ...usage(), from: '2026-11-28T00:20:00Z' })).toHaveLength(2)
})

test('columns have their parts', () => {
  expect(splitOf({ calls: 10, errors: 2, refused: 3 })).toEqual({ ok: 5, errors: 2, refused: 3 })
  const { parts, rows } = stackOf(usage([4, 0, 2], [1, 1, 0]))
  expect(parts.map(part => part.name)).toEqual(['0', '1'])
  expect(rows.map(row => [row.s0, row.s1, row.rest])).toEqual([
    [4, 1, 0],
    [0, 1, 0],
    [2, 0, 0],
  ])
  const many = stackOf(usage([6], [5], [4], [3], [2], [1], [1]))
  expect(many.parts.map(part => part.name)).toEqual(['0', '1', '2', '3', '4', 'Others'])
  expect(many.rows[0]?.rest).toBe(2)
})

test('the address, and what is asked', () => {
  const now = Date.parse('2026-11-28T12:00:00Z')
  const check = (search: Record<string, unknown>, expected: object) =>
    expect(usageFilter(readUsageSearch(search), now), JSON.stringify(search)).toMatchObject(expected)
  check({}, { range: '7d', bucket: 'day', group_by: 'server' })
  check({ range: '24h', by: 'tool' }, { range: '24h', bucket: 'hour', group_by: 'tool' })
  check({ range: '1h', by: 'moon' }, { range: '7d', group_by: 'server' })
  check({ from: '2026-11-27T12:00:00Z' }, { range: undefined, bucket: 'hour' })
  check({ from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' }, { bucket: 'day' })
  check({ to: '2026-11-01T00:00:00Z' }, { bucket: 'day' })
})

test('from a series to its calls', () => {
  const one = series('a', [1])
  expect(searchOf(one, 'server')).toEqual({ server: 'srv_a' })
  expect(searchOf({ ...one, tool: 'search' }, 'tool')).toEqual({ tool: 'search', server: 'srv_a' })
  expect(searchOf(one, 'group')).toBeUndefined()
  expect(nameOf({ ...one, client: '' })).toBe('Not named')
  expect(nameOf({ ...one, name: null })).toBe('srv_a')
})

test('the page of a server asks about that server, and tells its tools apart', () => {
  const fixed = { server: 'srv_1' }
  const check = (search: Record<string, unknown>, expected: object) =>
    expect(usageFilter(readServerUsageSearch(search), 0, fixed), JSON.stringify(search)).toMatchObject(
      expected,
    )
  check({ server: 'srv_2' }, { server: 'srv_1', group_by: 'tool' })
  check({ by: 'server' }, { server: 'srv_1', group_by: 'server' })
  expect(readServerUsageSearch({ by: 'tool' }).by).toBeUndefined()
  // What is another server there is a member.
  expect(within({ server: 'srv_2', tool: 'x' }, fixed)).toEqual({ member: 'srv_2', tool: 'x' })
  expect(within({ server: 'srv_1', tool: 'x' }, fixed)).toEqual({ member: undefined, tool: 'x' })
})
