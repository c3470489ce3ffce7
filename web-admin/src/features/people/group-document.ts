//! A group as the document that `portway apply` takes (portway/src/apply/manifest/principals.rs), and back: its members by
//! user name. Of a group that an identity provider owns there is none.

import type { Format } from '@/lib/document/format'
import type { DocumentNames } from '@/lib/document/names'
import { API_VERSION, type Fields, type Node, type Reader } from '@/lib/document/reader'
import { idsOf, type Sought } from '@/lib/document/sought'
import type { GroupForm, GroupMember } from './group-values'

const ROLES = ['admin', 'auditor', 'none'] as const

/** `present`: who is in it now. */
export const groupFormat = (
  names: Pick<DocumentNames, 'userName'>,
  present: () => Promise<readonly GroupMember[]>,
): Format<GroupForm> => ({
  stays: 'members',
  write: async ({ display_name, tenant_role, members }) => ({
    apiVersion: API_VERSION,
    kind: 'Group',
    metadata: { name: display_name.trim() },
    spec: {
      tenantRole: tenant_role,
      members: (members ?? (await present())).map(({ user_name }) => user_name).sort(),
    },
  }),
  read: async (root, reader) => {
    const head = reader.head(root, 'Group', 'name', ['tenantRole', 'members'])
    return (
      head && {
        display_name: head.name,
        tenant_role: head.spec.word('tenantRole', ROLES) ?? 'none',
        members: head.spec.find('members') && (await membersIn(head.spec, reader, names, await present())),
      }
    )
  },
})

async function membersIn(
  spec: Fields,
  reader: Reader,
  names: Pick<DocumentNames, 'userName'>,
  present: readonly GroupMember[],
): Promise<GroupMember[]> {
  const known = new Map(present.map(({ id, user_name }) => [user_name, id]))
  const read = new Set<string>()
  const memberIn = (item: Node, field: string) => {
    const user_name = reader.text(item, field)?.trim().toLowerCase()
    if (user_name === undefined) return undefined
    if (read.has(user_name)) return reader.wrong(item.line, field, 'is there twice')
    read.add(user_name)
    const id = known.get(user_name)
    const sought: Sought = {
      line: item.line,
      field,
      what: `person with the user name ${user_name}`,
      id: id === undefined ? names.userName(user_name) : Promise.resolve(id),
    }
    return { user_name, sought }
  }
  const found = spec.list('members', memberIn) ?? []
  const ids = await idsOf(
    found.map(({ sought }) => sought),
    reader,
  )
  return found.map(({ user_name }, at) => ({ id: ids[at] ?? '', user_name }))
}
