import { expect, test } from 'vitest'
import { changesOf, lineDiff } from './changes'

test('each member that differs, by its path', () => {
  const before = { spec: { url: 'a', timeoutMs: 0, auth: { kind: 'none' }, list: ['x'] } }
  const after = {
    spec: { url: 'a', timeoutMs: 5, auth: { kind: 'shared', headers: [{ name: 'h' }] }, list: ['x'] },
  }
  expect(changesOf(before, after)).toEqual([
    { field: 'spec.timeoutMs', before: '0', after: '5' },
    { field: 'spec.auth.kind', before: 'none', after: 'shared' },
    { field: 'spec.auth.headers', before: undefined, after: '[{"name":"h"}]' },
  ])
  expect(changesOf(before, structuredClone(before))).toEqual([])
})

test('items of lists go by their names', () => {
  const member = (server: string, alias: string) => ({ server, alias })
  const before = { members: [member('a', 'a'), member('b', 'b'), member('c', 'c')], tags: ['x'] }
  const after = { members: [member('c', 'c'), member('a', 'z'), member('d', 'd')], tags: ['x', 'y'] }
  expect(changesOf(before, after)).toEqual([
    { field: 'members[a].alias', before: 'a', after: 'z' },
    { field: 'members[b]', before: '{"server":"b","alias":"b"}', after: undefined },
    { field: 'members[d]', before: undefined, after: '{"server":"d","alias":"d"}' },
    { field: 'members, in order', before: 'a, c', after: 'c, a' },
    { field: 'tags[y]', before: undefined, after: 'y' },
  ])
  // What has no names is shown as a whole.
  expect(changesOf([{ limit: 1 }], [{ limit: 2 }])).toEqual([
    { field: '', before: '[{"limit":1}]', after: '[{"limit":2}]' },
  ])
})

const shown = (before: string, after: string) =>
  lineDiff(before, after).map(({ sign, text }) => (sign === 'gap' ? '⋯' : sign + text))

test('lines that go and come, with a little of what stays', () => {
  expect(shown('a\nb\nc\nd\ne\nf\n', 'a\nb\nc\nD\ne\nf\n')).toEqual(['⋯', ' b', ' c', '-d', '+D', ' e', ' f'])
  expect(shown('a\n', 'a\nb\n')).toEqual([' a', '+b'])
  expect(shown('1\n2\n3\n4\n5\n6\n7\n8\n9\n', '0\n2\n3\n4\n5\n6\n7\n8\n0\n')).toEqual([
    '-1',
    '+0',
    ' 2',
    ' 3',
    '⋯',
    ' 7',
    ' 8',
    '-9',
    '+0',
  ])
})
