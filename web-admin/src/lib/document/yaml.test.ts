import { expect, test } from 'vitest'
import { Reader } from './reader'
import { parse, print } from './yaml'

const lines = (text: string) => parse(text).mistakes.map(({ line, message }) => `${line}: ${message}`)

test('nodes know their lines, and text is what was written', () => {
  const { root, mistakes } = parse('a: 1\n# note\nb:\n  - yes\n  - {c: "x"}\nd:\n')
  expect(mistakes).toEqual([])
  const reader = new Reader()
  const top = root && reader.map(root, '', ['a', 'b', 'd'])
  expect(top?.whole('a')).toBe(1)
  expect(top?.list('b', item => item.line)).toEqual([4, 5])
  expect(
    top?.list('b', (item, field) => (item.value.is === 'text' ? reader.text(item, field) : undefined)),
  ).toEqual(['yes'])
  // Nothing is no text.
  expect(top?.text('d')).toBeUndefined()
  expect(reader.mistakes).toEqual([{ line: 6, field: 'd', message: 'must be text, not nothing' }])
})

test('what could mean something else is refused with its line', () => {
  const check = (text: string, line: number, words: string) => {
    const [first] = lines(text)
    expect(first, text).toMatch(new RegExp(`^${line}: .*${words}`))
  }
  check('a: 1\nb: 2\na: 3\n', 3, 'unique')
  check('a: &x 1\n', 1, 'Anchors')
  check('a: &x 1\nb: *x\n', 1, 'Anchors')
  check('a: 1\nb: !!str 1\n', 2, 'Tags')
  check('a: 1\n? [b]\n: 2\n', 2, 'plain name')
  check('a: 1\n---\nb: 2\n', 2, 'One document')
  check('a: [1,\n', 2, '')
  check('', 1, 'A document was expected')
  check('# only words\n', 1, 'A document was expected')
  check(`a: ${'['.repeat(40)}1${']'.repeat(40)}`, 1, 'too deep')
})

test('what is written is read back as it was', () => {
  const texts = [
    'yes',
    'null',
    '~',
    '12',
    '1e3',
    '',
    ' x',
    'a: b',
    '#x',
    '- a',
    'line\nline\n',
    '{a}',
    '漢字 "q"',
    `${'long '.repeat(40)}x`,
  ]
  for (const text of texts) {
    const { root } = parse(print({ text }))
    const reader = new Reader()
    expect(root && reader.map(root, '', ['text'])?.text('text'), text).toBe(text)
    expect(reader.mistakes).toEqual([])
  }
})
