import { expect, test } from 'vitest'
import type { DocumentNames } from '@/lib/document/names'
import { Reader } from '@/lib/document/reader'
import { parse, print } from '@/lib/document/yaml'
import { limitFormat } from './limit-document'
import { type LimitValues, NEW_LIMIT } from './values'

const CALLED: Record<string, string> = {
  srv_1: 'github',
  srv_2: 'linear',
  grp_1: 'Contractors',
  usr_1: 'ana@example.com',
  sva_1: 'ci',
}
const idOf = async (name: string) => Object.keys(CALLED).find(id => CALLED[id] === name)

const names: DocumentNames = {
  nameOf: async id => CALLED[id] ?? id,
  server: idOf,
  user: idOf,
  userName: idOf,
  group: idOf,
  serviceAccount: idOf,
}
const format = limitFormat(names)

async function read(text: string) {
  const { root } = parse(text)
  if (!root) throw new Error(text)
  const reader = new Reader()
  const values = await format.read(root, reader, NEW_LIMIT)
  return { values, said: reader.mistakes.map(({ line, field, message }) => `${line} ${field}: ${message}`) }
}

const WHOLE: LimitValues = {
  name: 'Contractors: slow',
  servers: ['srv_1', 'srv_2'],
  tools: ['search', 'on'],
  subjects: ['grp_1', 'usr_1', 'sva_1'],
  perSubject: true,
  perServer: false,
  perTool: true,
  windows: [
    { limit: '10', per: 'second', burst: '' },
    { limit: '2000', per: 'day', burst: '200' },
  ],
  mode: 'audit',
  withoutRedis: 'refuse',
}

test('form, document, form: nothing is lost', async () => {
  const all: LimitValues = { ...NEW_LIMIT, name: 'All', perSubject: false }
  for (const values of [WHOLE, { ...NEW_LIMIT, name: '12' }, all]) {
    const text = print(await format.write(values))
    const { values: back, said } = await read(text)
    expect(said, text).toEqual([])
    expect(back, text).toEqual(values)
  }
})

test('the document is what portway apply takes: names, no ids', async () => {
  expect(print(await format.write(WHOLE))).toBe(`apiVersion: portway/v1
kind: LimitRule
metadata:
  name: "Contractors: slow"
spec:
  servers:
    - github
    - linear
  tools:
    - search
    - on
  subjects:
    - group: Contractors
    - user: ana@example.com
    - serviceAccount: ci
  key:
    - subject
    - tool
  windows:
    - limit: 10
      per: second
    - limit: 2000
      per: day
      burst: 200
  mode: audit
  withoutRedis: refuse
`)
})

test('who is not there is named with the line', async () => {
  const { said } = await read(`apiVersion: portway/v1
kind: LimitRule
metadata: {name: x}
spec:
  servers: [github, jira]
  subjects:
    - group: Nobody
    - {user: ana@example.com, group: Contractors}
  key: [subject, moon]
  windows:
    - {limit: 5, per: week}
`)
  expect(said.toSorted()).toEqual([
    '11 spec.windows[0].per: must be one of second, minute, hour, day',
    '5 spec.servers[1]: there is no server jira, or you may not see it',
    '7 spec.subjects[0]: there is no group Nobody, or you may not see it',
    '8 spec.subjects[1]: must name one of user (an e-mail address), group and serviceAccount',
    '9 spec.key[1]: must be one of tenant, subject, server, tool',
  ])
})
