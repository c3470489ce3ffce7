import { expect, test } from 'vitest'
import { type CallSearch, exportOf, hasFilters, readCallSearch, readServerCallSearch, tailOf } from './search'

/** Without what is absent, as an address would have it. */
const said = (search: object) => JSON.parse(JSON.stringify(search))

test('the address, and what it means', () => {
  const check = (search: Record<string, unknown>, expected: CallSearch) =>
    expect(said(readCallSearch(search)), JSON.stringify(search)).toEqual(expected)
  check({}, {})
  check(
    { server: 'srv_1', outcome: 'refused', live: true },
    { server: 'srv_1', outcome: 'refused', live: true },
  )
  check({ outcome: 'fine', fault: 'mine', live: 'yes', page: 3 }, {})
  // A tool of digits comes out of the address as a number.
  check({ tool: 42, client: ' ' }, { tool: '42' })
  check({ range: '7d', tool: 'x' }, { range: '7d', tool: 'x' })
})

test('a search goes into the address and comes back', () => {
  const search: CallSearch = {
    principal: 'usr_1',
    tool: 'search',
    fault: 'upstream',
    range: '30d',
    live: true,
  }
  expect(said(readCallSearch(said(search)))).toEqual(search)
})

test('filters, files and streams', () => {
  const now = Date.parse('2026-11-28T12:00:30Z')
  expect(hasFilters(readCallSearch({ range: '7d', live: true }))).toBe(false)
  expect(hasFilters(readCallSearch({ tool: 'x' }))).toBe(true)
  expect(said(exportOf(readCallSearch({ tool: 'x', range: '1h', live: true }), now))).toEqual({
    tool: 'x',
    from: '2026-11-28T11:00:00.000Z',
  })
  expect(said(tailOf(readCallSearch({ tool: 'x', range: '1h', live: true })))).toEqual({ tool: 'x' })
})

test('the page of a server is about that server, whatever the address says', () => {
  const search = readServerCallSearch({ server: 'srv_2', member: 'srv_3', tool: 'x' })
  expect(said(search)).toEqual({ member: 'srv_3', tool: 'x' })
  expect(hasFilters(readServerCallSearch({ server: 'srv_2' }))).toBe(false)
})
