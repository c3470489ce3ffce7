import { expect, test } from 'vitest'
import { camel, lineAt, Reader } from './reader'
import { parse } from './yaml'

function read(text: string) {
  const { root } = parse(text)
  if (!root) throw new Error(text)
  const reader = new Reader()
  const head = reader.head(root, 'Server', 'slug', ['on', 'number', 'word', 'map'])
  return {
    head,
    reader,
    said: () => reader.mistakes.map(({ line, field, message }) => `${line} ${field}: ${message}`),
  }
}

const HEAD = 'apiVersion: portway/v1\nkind: Server\nmetadata: {slug: github}\nspec:\n'

test('a document says what it is', () => {
  const { head, said } = read(`${HEAD}  on: true\n  number: 30000\n`)
  expect([head?.name, head?.spec.truth('on'), head?.spec.whole('number')]).toEqual(['github', true, 30_000])
  expect(said()).toEqual([])
  const wrong = read('apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {colour: red}\n')
  expect(wrong.said()).toEqual([
    '1 apiVersion: must be portway/v1',
    '2 kind: must be Server',
    '3 metadata.name: is unknown; expected slug',
    '3 metadata.slug: is missing',
    '4 spec.colour: is unknown; expected on, number, word, map',
  ])
})

test('what is of another kind is refused where it stands', () => {
  const { head, said } = read(`${HEAD}  on: "true"\n  number: soon\n  word: maybe\n  map: [a]\n`)
  head?.spec.truth('on')
  head?.spec.whole('number')
  head?.spec.word('word', ['this', 'that'])
  head?.spec.texts('map')
  expect(said()).toEqual([
    '5 spec.on: must be true or false',
    '6 spec.number: must be a whole number',
    '7 spec.word: must be one of this, that',
    '8 spec.map: must be a mapping, not a list',
  ])
})

test('the line of what a path leads to, or of what is nearest to it', () => {
  const { root } = parse(`${HEAD}  list:\n    - name: a\n    - name: b\n      more: c\n`)
  if (!root) throw new Error('no document')
  const at = (path: string) => lineAt(root, path)
  expect(['spec.list[1].more', 'spec.list[1].other', 'spec.list[7].name', 'spec.x'].map(at)).toEqual([
    8, 7, 6, 5,
  ])
})

test('names of the API as documents have them', () => {
  expect(['none', 'oauth_per_user', 'id_token_as_bearer'].map(camel)).toEqual([
    'none',
    'oauthPerUser',
    'idTokenAsBearer',
  ])
})
