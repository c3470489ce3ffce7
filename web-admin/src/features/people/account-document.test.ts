import { expect, test } from 'vitest'
import { Reader } from '@/lib/document/reader'
import { parse, print } from '@/lib/document/yaml'
import { accountFormat } from './account-document'

async function read(text: string, isEnabled = true) {
  const { root } = parse(text)
  if (!root) throw new Error(text)
  const reader = new Reader()
  const values = await accountFormat(isEnabled).read(root, reader, { name: '', description: '' })
  return { values, said: reader.mistakes.map(({ line, field, message }) => `${line} ${field}: ${message}`) }
}

test('form, document, form: nothing is lost', async () => {
  for (const values of [
    { name: 'ci-deploys', description: 'Builds: all\nof them' },
    { name: '12', description: '' },
  ]) {
    for (const isEnabled of [true, false]) {
      const text = print(await accountFormat(isEnabled).write(values))
      expect(await read(text, isEnabled), text).toEqual({ values, said: [] })
    }
  }
})

test('the document is what portway apply takes', async () => {
  expect(print(await accountFormat(false).write({ name: 'ci', description: 'builds' }))).toBe(
    `apiVersion: portway/v1
kind: ServiceAccount
metadata:
  name: ci
spec:
  description: builds
  enabled: false
`,
  )
})

const HEAD = 'apiVersion: portway/v1\nkind: ServiceAccount\nmetadata: {name: ci}\nspec:\n'

test('what is unknown, of another kind or not changed here is refused where it stands', async () => {
  expect((await read(`${HEAD}  description: [a]\n  key: x\n  enabled: "no"\n`)).said.toSorted()).toEqual([
    '5 spec.description: must be text, not a list',
    '6 spec.key: is unknown; expected description, enabled',
    '7 spec.enabled: must be true or false',
  ])
  expect((await read(`${HEAD}  enabled: false\n`)).said).toEqual([
    '5 spec.enabled: must be true: that is changed by the actions of the service account',
  ])
  expect((await read(`${HEAD}  description: x\n`, false)).said).toEqual([
    expect.stringMatching(/^5 spec.enabled: must be false/),
  ])
})
