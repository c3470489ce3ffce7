import { expect, test } from 'vitest'
import { Reader } from '@/lib/document/reader'
import { parse, print } from '@/lib/document/yaml'
import { groupFormat } from './group-document'
import { type GroupForm, groupForm, membersChange } from './group-values'

const ANA = { id: 'usr_1', user_name: 'ana@acme.example' }
const BEN = { id: 'usr_2', user_name: 'ben@acme.example' }
const names = { userName: async (name: string) => (name === BEN.user_name ? BEN.id : undefined) }
const format = groupFormat(names, async () => [ANA])

async function read(text: string) {
  const { root } = parse(text)
  if (!root) throw new Error(text)
  const reader = new Reader()
  const values = await format.read(root, reader, groupForm())
  return { values, said: reader.mistakes.map(({ line, field, message }) => `${line} ${field}: ${message}`) }
}

test('form, document, form: nothing is lost', async () => {
  const forms: GroupForm[] = [
    { display_name: 'Platform: team', tenant_role: 'auditor', members: [ANA, BEN] },
    { display_name: '12', tenant_role: 'none', members: [] },
  ]
  for (const values of forms) {
    const text = print(await format.write(values))
    const { values: back, said } = await read(text)
    expect(said, text).toEqual([])
    expect(back, text).toEqual(values)
  }
})

test('the document is what portway apply takes: who is in it now by user name', async () => {
  expect(print(await format.write({ display_name: 'Platform team', tenant_role: 'admin' }))).toBe(
    `apiVersion: portway/v1
kind: Group
metadata:
  name: Platform team
spec:
  tenantRole: admin
  members:
    - ana@acme.example
`,
  )
})

const HEAD = 'apiVersion: portway/v1\nkind: Group\nmetadata: {name: Platform team}\nspec:\n'

test('members that are left out stay; names are the same in any case', async () => {
  expect((await read(`${HEAD}  tenantRole: none\n`)).values).toEqual({
    display_name: 'Platform team',
    tenant_role: 'none',
    members: undefined,
  })
  const { values } = await read(`${HEAD}  members: [Ben@ACME.example]\n`)
  expect(values?.members).toEqual([BEN])
  expect(membersChange([ANA], values?.members ?? [])).toEqual({ add: ['usr_2'], remove: ['usr_1'] })
})

test('what is unknown, of another kind or nobody is refused where it stands', async () => {
  const { said } = await read(
    `${HEAD}  tenantRole: owner\n  colour: red\n  members:\n    - ana@acme.example\n    - [x]\n    - nobody\n    - ANA@acme.example\n`,
  )
  expect(said.toSorted()).toEqual([
    '10 spec.members[2]: there is no person with the user name nobody, or you may not see it',
    '11 spec.members[3]: is there twice',
    '5 spec.tenantRole: must be one of admin, auditor, none',
    '6 spec.colour: is unknown; expected tenantRole, members',
    '9 spec.members[1]: must be text, not a list',
  ])
})
