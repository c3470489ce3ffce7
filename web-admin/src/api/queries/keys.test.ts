import { expect, test } from 'vitest'
import { isAskedAgain } from './keys'

test('a list of which much was scrolled through is asked for again only if a change made it old', () => {
  const check = (pages: number, isInvalidated: boolean, expected: boolean) =>
    expect(isAskedAgain({ state: { data: { pages: Array(pages).fill([]) }, isInvalidated } })).toBe(expected)
  check(1, false, true)
  check(5, false, true)
  check(6, false, false)
  check(100, false, false)
  check(100, true, true)
  expect(isAskedAgain({ state: { data: undefined, isInvalidated: false } })).toBe(true)
})
