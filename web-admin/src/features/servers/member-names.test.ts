// As proto/src/members.rs has it.
import { expect, test } from 'vitest'
import { bytesOf, exposedName, exposedUri, isAlias, ownName, proposedAlias } from './member-names'

test('aliases', () => {
  const check = (text: string, expected: boolean) => expect(isAlias(text), text).toBe(expected)
  check('g', true)
  check('gh-2', true)
  check('a'.repeat(20), true)
  check('a'.repeat(21), false)
  for (const bad of ['', '2a', '-a', 'Gh', 'g_h', 'g+h', 'g h', 'ä', 'a\n']) check(bad, false)
})

test('names come back', () => {
  expect(exposedName('gh', 'search_issues')).toBe('gh_search_issues')
  expect(ownName('gh', 'gh_search_issues')).toBe('search_issues')
  expect(ownName('gh', 'ghe_search')).toBeUndefined()
  expect(ownName('gh', 'gh-search')).toBeUndefined()
  expect(exposedUri('gh', 'file:///a+b')).toBe('gh+file:///a+b')
})

test('long names are shortened and stay different', () => {
  const fits = 'x'.repeat(61)
  expect(exposedName('gh', fits)).toBe(`gh_${fits}`)
  const [short, other] = [exposedName('gh', `${fits}1`), exposedName('gh', `${fits}2`)]
  expect([short.length, other.length]).toEqual([64, 64])
  expect(short).not.toBe(other)
  // Said by the Rust of `Alias::exposed`: the digest is of the whole name.
  expect(short).toBe(`gh_${'x'.repeat(52)}_${short.slice(-8)}`)
  expect(short.slice(-8)).toMatch(/^[0-9a-f]{8}$/)
  const wide = exposedName('gh', 'ä'.repeat(60))
  expect(bytesOf(wide)).toBeLessThanOrEqual(64)
  // 55 bytes end within an ä: 26 whole ones after “gh_”.
  expect(wide.startsWith(`gh_${'ä'.repeat(26)}_`)).toBe(true)
})

test('an alias is proposed that keeps the rule and is free', () => {
  const check = (slug: string, taken: string[], expected: string) => {
    const alias = proposedAlias(slug, taken)
    expect(alias).toBe(expected)
    expect(isAlias(alias)).toBe(true)
  }
  check('github', [], 'github')
  check('github', ['github'], 'github-2')
  check('github', ['github', 'github-2'], 'github-3')
  check('a-very-long-slug-of-a-server', [], 'a-very-long-slug-of')
  check('a-very-long-slug-of-a-server', ['a-very-long-slug-of'], 'a-very-long-slug--2')
})
