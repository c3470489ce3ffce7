//! A virtual server as the document that `portway apply` takes (portway/src/apply/manifest/members.rs), and back: as the API
//! has it, with the slugs of the members for their ids.

import type { Member, MemberItem } from '@/api/types'
import type { Format } from '@/lib/document/format'
import type { DocumentNames } from '@/lib/document/names'
import { camel, type Fields, lineAt, type Node, type Reader } from '@/lib/document/reader'
import { idsOf, type Sought } from '@/lib/document/sought'
import type { Kind } from '@/lib/mcp'
import {
  type ItemDraft,
  KINDS,
  type MemberDraft,
  membersOf,
  mistakesOf,
  NAMED,
  newMember,
} from './bundle-values'
import { headDocument, type Registered, readHead } from './document-head'
import { type VirtualValues, virtualBody } from './virtual-values'

const THEIRS = 'is not for a server with members: they have their own'
const REACH = {
  known: ['members'],
  elsewhere: Object.fromEntries(
    ['preset', 'url', 'timeoutMs', 'outboundAuth', 'transport'].map(key => [key, THEIRS]),
  ),
}

/** `stored`: members that are as they were are not judged anew. */
export const virtualFormat = (
  names: DocumentNames,
  registered?: Registered,
  stored: readonly MemberDraft[] = [],
): Format<VirtualValues> => ({
  write: async values => {
    const { members, ...called } = virtualBody(values)
    return headDocument(called, registered?.isEnabled ?? true, {
      members: await Promise.all(members.map(member => memberDocument(member, names))),
    })
  },
  read: async (root, reader) => {
    const head = readHead(root, reader, registered, REACH)
    if (!head) return undefined
    const members = await membersIn(head.spec, reader, names)
    const isChanged = JSON.stringify(membersOf(members)) !== JSON.stringify(membersOf(stored))
    // What is wrong already would be said a second time, as something else.
    if (reader.mistakes.length === 0 && (isChanged || !registered)) judge(members, root, reader)
    return { ...head.names, members }
  },
})

async function memberDocument({ server_id, alias, offer = {} }: Member, names: DocumentNames) {
  const chosen = KINDS.flatMap(kind => {
    const items = offer[kind]
    return items ? [[camel(kind), items.map(itemDocument)] as const] : []
  })
  const offered = { ...Object.fromEntries(chosen), ...(offer.plain_uris && { plainUris: true }) }
  return {
    server: await names.nameOf(server_id),
    alias,
    ...(Object.keys(offered).length > 0 && { offer: offered }),
  }
}

const itemDocument = ({ name, exposed_as, description }: MemberItem) => ({
  name,
  ...(exposed_as && { exposedAs: exposed_as }),
  ...(description && { description }),
})

async function membersIn(spec: Fields, reader: Reader, names: DocumentNames): Promise<MemberDraft[]> {
  spec.needed('members')
  const found = spec.list('members', (item, field) => memberIn(item, field, reader, names)) ?? []
  const ids = await idsOf(
    found.map(({ sought }) => sought),
    reader,
  )
  return found.map(({ draft }, at) => ({ ...draft, server_id: ids[at] ?? '' }))
}

function memberIn(item: Node, field: string, reader: Reader, names: DocumentNames) {
  const member = reader.map(item, field, ['server', 'alias', 'offer'])
  const slug = member?.text('server')
  const alias = member?.text('alias') ?? ''
  if (!member || slug === undefined) return undefined
  const sought: Sought = {
    line: lineAt(item, 'server'),
    field: member.name('server'),
    what: `server ${slug}`,
    id: names.server(slug),
  }
  const offer = member.optionalMap('offer', [...KINDS.map(camel), 'plainUris'])
  const draft = newMember('', alias)
  if (!offer) return { sought, draft }
  const items = (kind: Kind): 'all' | ItemDraft[] =>
    offer.list(camel(kind), (item, field) => itemIn(item, field, reader, NAMED.includes(kind))) ?? 'all'
  return {
    sought,
    draft: {
      ...draft,
      plain_uris: offer.truth('plainUris') ?? false,
      offer: {
        tools: items('tools'),
        prompts: items('prompts'),
        resources: items('resources'),
        resource_templates: items('resource_templates'),
      },
    },
  }
}

function itemIn(node: Node, field: string, reader: Reader, isNamed: boolean): ItemDraft | undefined {
  const item = reader.map(node, field, ['name', 'exposedAs', 'description'])
  if (!isNamed) item?.refuse('exposedAs', 'is for tools and prompts: resources go by their URIs')
  return (
    item && {
      name: item.text('name') ?? '',
      exposed_as: (isNamed && item.optional('exposedAs')) || '',
      description: item.optional('description') ?? '',
    }
  )
}

/** What the API would say of them, where it is written. */
function judge(members: readonly MemberDraft[], root: Node, reader: Reader) {
  for (const { field, message } of mistakesOf(members)) {
    const path = `spec.${field.replace('server_id', 'server').split('.').map(camel).join('.')}`
    reader.wrong(lineAt(root, path), path, message)
  }
}
