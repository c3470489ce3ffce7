import { expect, test } from 'vitest'
import { cursorOf, hintsOf, mayDestroy, offeredOf, withLinks } from './mcp'

test('lists are read as far as they make sense', () => {
  const result = {
    tools: [
      { name: 'search', annotations: { title: 'Search', readOnlyHint: true } },
      { name: 'both', title: 'Better', annotations: { title: 'Worse' }, description: 'Does both.' },
      { name: '' },
      { title: 'Nameless' },
      'text',
      null,
    ],
    nextCursor: 'c1',
  }
  expect(offeredOf('tools', result).map(({ name, title }) => [name, title])).toEqual([
    ['search', 'Search'],
    ['both', 'Better'],
  ])
  expect(cursorOf(result)).toBe('c1')
  for (const nothing of [undefined, null, 7, [], {}, { tools: 'none' }]) {
    expect(offeredOf('tools', nothing)).toEqual([])
    expect(cursorOf(nothing)).toBeUndefined()
  }
})

test('resources go by their URI, and are called by their name', () => {
  const [one] = offeredOf('resources', { resources: [{ uri: 'file:///a', name: 'a' }] })
  expect(one).toMatchObject({ name: 'file:///a', title: 'a' })
  const [template] = offeredOf('resource_templates', { resourceTemplates: [{ uriTemplate: 'x://{id}' }] })
  expect(template).toMatchObject({ name: 'x://{id}', title: undefined })
})

test('a tool that says nothing may destroy something', () => {
  const check = (annotations: unknown, expected: boolean) => {
    const [tool] = offeredOf('tools', { tools: [{ name: 'a', annotations }] })
    if (!tool) throw new Error('it was listed')
    expect(mayDestroy(hintsOf(tool)), JSON.stringify(annotations)).toBe(expected)
  }
  check(undefined, true)
  check('read only', true)
  check({}, true)
  check({ readOnlyHint: 'true' }, true)
  check({ readOnlyHint: false, destructiveHint: true }, true)
  check({ readOnlyHint: true }, false)
  check({ readOnlyHint: true, destructiveHint: true }, false)
  check({ destructiveHint: false }, false)
})

test('addresses in a text become links, and only those of the web', () => {
  const links = (text: string) => withLinks(text).flatMap(({ href }) => (href ? [href] : []))
  expect(links('Connect at https://gw.example/t/acme/connect/gh, then again.')).toEqual([
    'https://gw.example/t/acme/connect/gh',
  ])
  expect(links('(see https://a.example/x) and https://b.example/(y).')).toEqual([
    'https://a.example/x',
    'https://b.example/(y)',
  ])
  expect(links('javascript:alert(1) file:///etc http:// https://')).toEqual([])
  const text = 'one https://a.example/ two https://b.example/?q=1#x three'
  expect(
    withLinks(text)
      .map(part => part.text)
      .join(''),
  ).toBe(text)
})
