import { expect, test } from 'vitest'
import { count, listed } from './count'

test('numbers with their nouns', () => {
  expect(count(0, 'key')).toBe('0 keys')
  expect(count(1, 'key')).toBe('1 key')
  expect(count(1200, 'person', 'people')).toBe('1,200 people')
})

test('items in a sentence', () => {
  expect(listed(['a'])).toBe('a')
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
})
