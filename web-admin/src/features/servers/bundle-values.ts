//! What a virtual server is made of, while it is edited; and the rules of control-plane/src/domain/bundle.rs, by which the
//! API decides: the same fields, codes and words, so that they are said while somebody types. Pure.

import type { FieldError, Member, MemberItem } from '@/api/types'
import type { Kind } from '@/lib/mcp'
import { ALIAS_RULE, exposedName, isAlias, NAME_BYTES_MAX, ownName } from './member-names'

export const KINDS: readonly Kind[] = ['tools', 'prompts', 'resources', 'resource_templates']
/** What has a name of its own among clients; resources go by their URIs. */
export const NAMED: readonly Kind[] = ['tools', 'prompts']

const MEMBERS_MAX = 50
const ITEMS_MAX = 1_000
const ITEM_NAME_BYTES_MAX = 1_024
const DESCRIPTION_CHARS_MAX = 2_000

/** One thing that is offered. Empty texts: as the member has it. */
export type ItemDraft = { name: string; exposed_as: string; description: string }

/** All of a kind, whatever that will be; or what was chosen of it. */
type OfferDraft = Record<Kind, 'all' | ItemDraft[]>

export type MemberDraft = { server_id: string; alias: string; plain_uris: boolean; offer: OfferDraft }

export const newMember = (server_id: string, alias: string): MemberDraft => ({
  server_id,
  alias,
  plain_uris: false,
  offer: { tools: 'all', prompts: 'all', resources: 'all', resource_templates: 'all' },
})

export const newItem = (name: string): ItemDraft => ({ name, exposed_as: '', description: '' })

export function draftsOf(members: readonly Member[]): MemberDraft[] {
  return members.map(({ server_id, alias, offer }) => {
    const items = (kind: Kind) =>
      offer?.[kind]?.map(({ name, exposed_as, description }) => ({
        name,
        exposed_as: exposed_as ?? '',
        description: description ?? '',
      })) ?? ('all' as const)
    return {
      server_id,
      alias,
      plain_uris: offer?.plain_uris ?? false,
      offer: {
        tools: items('tools'),
        prompts: items('prompts'),
        resources: items('resources'),
        resource_templates: items('resource_templates'),
      },
    }
  })
}

export function membersOf(drafts: readonly MemberDraft[]): Member[] {
  return drafts.map(({ server_id, alias, plain_uris, offer }) => {
    const chosen = KINDS.flatMap(kind => {
      const items = offer[kind]
      return items === 'all' ? [] : [[kind, items.map(item => itemOf(item, kind))] as const]
    })
    return {
      server_id,
      alias: alias.trim(),
      offer: { ...Object.fromEntries(chosen), ...(plain_uris && { plain_uris }) },
    }
  })
}

function itemOf({ name, exposed_as, description }: ItemDraft, kind: Kind): MemberItem {
  const called = NAMED.includes(kind) ? exposed_as.trim() : ''
  return {
    name,
    ...(called !== '' && { exposed_as: called }),
    ...(description.trim() !== '' && { description: description.trim() }),
  }
}

/** The name that clients see. */
export const shownName = (alias: string, { name, exposed_as }: ItemDraft): string =>
  exposed_as.trim() || exposedName(alias, name)

/** Every mistake that can be seen without the API. */
export function mistakesOf(drafts: readonly MemberDraft[]): FieldError[] {
  const mistakes: FieldError[] = []
  const add = (field: string, code: string, message: string) => mistakes.push({ field, code, message })
  if (drafts.length === 0 || drafts.length > MEMBERS_MAX)
    add('members', 'members.count', `must be 1 to ${MEMBERS_MAX} servers`)
  for (const [index, member] of drafts.entries()) {
    const before = drafts.slice(0, index)
    if (before.some(({ server_id }) => server_id === member.server_id))
      add(`members[${index}].server_id`, 'members.twice', 'is a member already')
    const alias = member.alias.trim()
    if (!isAlias(alias)) add(`members[${index}].alias`, 'members.alias', ALIAS_RULE)
    else if (before.some(other => other.alias.trim() === alias))
      add(`members[${index}].alias`, 'members.alias_twice', 'is the alias of another member')
    if (member.plain_uris && before.some(({ plain_uris }) => plain_uris))
      add(`members[${index}].offer.plain_uris`, 'members.plain_uris', 'is for one member at most')
    for (const kind of KINDS)
      mistakes.push(...itemMistakes(member.offer[kind], `members[${index}].offer.${kind}`))
  }
  for (const kind of NAMED) mistakes.push(...nameMistakes(drafts, kind))
  return mistakes
}

function itemMistakes(items: 'all' | ItemDraft[], field: string): FieldError[] {
  if (items === 'all') return []
  const mistakes: FieldError[] = []
  if (items.length > ITEMS_MAX)
    mistakes.push({ field, code: 'members.items', message: `must have at most ${ITEMS_MAX} entries` })
  const seen = new Set<string>()
  for (const [at, { name, description }] of items.entries()) {
    const add = (part: string, code: string, message: string) =>
      mistakes.push({ field: `${field}[${at}].${part}`, code, message })
    if (seen.has(name)) add('name', 'members.name_twice', 'is chosen already')
    seen.add(name)
    if (!isItemName(name))
      add('name', 'members.name', `must have 1 to ${ITEM_NAME_BYTES_MAX} bytes, without control characters`)
    if ([...description.trim()].length > DESCRIPTION_CHARS_MAX)
      add('description', 'description.too_long', `must have at most ${DESCRIPTION_CHARS_MAX} characters`)
  }
  return mistakes
}

export const isItemName = (name: string): boolean =>
  name !== '' && new TextEncoder().encode(name).length <= ITEM_NAME_BYTES_MAX && !/\p{Cc}/u.test(name)

/** No name stands for two things, and none that is chosen could be another member's. */
function nameMistakes(drafts: readonly MemberDraft[], kind: Kind): FieldError[] {
  const mistakes: FieldError[] = []
  const aliases = drafts.map(({ alias }) => alias.trim()).filter(isAlias)
  const taken = new Map<string, string>()
  for (const [index, { alias, offer }] of drafts.entries()) {
    const items = offer[kind]
    if (items === 'all') continue
    for (const [at, item] of items.entries()) {
      const field = `members[${index}].offer.${kind}[${at}].exposed_as`
      const chosen = item.exposed_as.trim()
      if (chosen === '' && !isAlias(alias.trim())) continue
      if (chosen !== '') mistakes.push(...chosenMistakes(chosen, aliases, field))
      const name = shownName(alias.trim(), item)
      const owner = taken.get(name)
      if (owner !== undefined) {
        const message = `is the name ${name} again, which ${owner} has already`
        mistakes.push({ field, code: 'members.collision', message })
      }
      taken.set(name, alias.trim())
    }
  }
  return mistakes
}

function chosenMistakes(name: string, aliases: readonly string[], field: string): FieldError[] {
  const mistakes: FieldError[] = []
  if (!/^[A-Za-z0-9_.-]+$/.test(name) || name.length > NAME_BYTES_MAX) {
    const message = `must be 1 to ${NAME_BYTES_MAX} letters, digits, underscores, hyphens and dots`
    mistakes.push({ field, code: 'members.exposed_as', message })
  }
  const alias = aliases.find(alias => ownName(alias, name) !== undefined)
  if (alias !== undefined) {
    const message = `could be a name of the member ${alias}: choose one that does not begin with ${alias}_`
    mistakes.push({ field, code: 'members.shadowing', message })
  }
  return mistakes
}
