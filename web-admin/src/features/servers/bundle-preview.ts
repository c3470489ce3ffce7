//! What clients will see of a virtual server that is being put together, and what its people will meet. Pure.

import type { OutboundAuth } from '@/api/types'
import { count, listed } from '@/lib/count'
import type { Kind, Offered } from '@/lib/mcp'
import { type ItemDraft, type MemberDraft, NAMED, newItem, shownName } from './bundle-values'
import { bytesOf, exposedName, isAlias, NAME_BYTES_MAX } from './member-names'

export type Mark =
  /** Stands for two things: the API refuses it, or one of them hides the other. */
  | 'collision'
  /** Begins like the names of a member. */
  | 'shadowing'
  | 'renamed'
  | 'shortened'
  /** Chosen, and not in the list that the member gave. */
  | 'unlisted'

export type ShownName = { name: string; alias: string; own: string; marks: Mark[] }

export type Preview = {
  names: ShownName[]
  /** Members whose whole is offered, and not known here. */
  unknown: string[]
}

/** `lists`: what each member lists, by its id, where that is known. */
export function previewOf(
  drafts: readonly MemberDraft[],
  kind: 'tools' | 'prompts',
  lists: ReadonlyMap<string, readonly Offered[]>,
): Preview {
  const aliases = drafts.map(({ alias }) => alias.trim()).filter(isAlias)
  const names: ShownName[] = []
  const unknown: string[] = []
  for (const { server_id, alias: typed, offer } of drafts) {
    const alias = typed.trim()
    const list = lists.get(server_id)
    const items = offer[kind]
    if (items === 'all' && list === undefined) unknown.push(alias)
    const offered = items === 'all' ? (list ?? []).map(({ name }) => newItem(name)) : items
    const known = list && new Set(list.map(({ name }) => name))
    for (const item of offered) {
      const isListed = known === undefined || known.has(item.name)
      names.push({
        name: shownName(alias, item),
        alias,
        own: item.name,
        marks: [...marksOf(alias, item, aliases), ...(isListed ? [] : ['unlisted' as const])],
      })
    }
  }
  return { names: withCollisions(names), unknown }
}

function marksOf(alias: string, item: ItemDraft, aliases: readonly string[]): Mark[] {
  const chosen = item.exposed_as.trim()
  if (chosen === '') return bytesOf(`${alias}_${item.name}`) > NAME_BYTES_MAX ? ['shortened'] : []
  const isShadow = aliases.some(alias => chosen.startsWith(`${alias}_`))
  return isShadow ? ['renamed', 'shadowing'] : ['renamed']
}

function withCollisions(names: ShownName[]): ShownName[] {
  const times = new Map<string, number>()
  for (const { name } of names) times.set(name, (times.get(name) ?? 0) + 1)
  return names.map(one =>
    (times.get(one.name) ?? 0) > 1 ? { ...one, marks: ['collision' as const, ...one.marks] } : one,
  )
}

export type Meeting = { server_id: string; kind: 'per_user_header' | 'oauth_per_user' }

/** What people are asked for on the way from their IDE, once for each member that wants something of their own. */
export function meetingsOf(
  members: readonly { server_id: string; auth: OutboundAuth['kind'] | undefined }[],
): Meeting[] {
  return members.flatMap(({ server_id, auth }) =>
    auth === 'per_user_header' || auth === 'oauth_per_user' ? [{ server_id, kind: auth }] : [],
  )
}

const NOUNS: Record<Kind, [one: string, many: string]> = {
  tools: ['tool', 'tools'],
  prompts: ['prompt', 'prompts'],
  resources: ['resource', 'resources'],
  resource_templates: ['template', 'templates'],
}

const NAMED_MAX = 8

/** What people lose by a change, a sentence each; nothing is lost by what is added. */
export function lossesOf(
  before: readonly MemberDraft[],
  after: readonly MemberDraft[],
  nameOf: (server: string) => string,
): string[] {
  return before.flatMap(old => {
    const name = nameOf(old.server_id)
    const next = after.find(({ server_id }) => server_id === old.server_id)
    if (!next) return [`${name} leaves: what begins with ${old.alias}_ disappears from every client.`]
    const renamed =
      old.alias === next.alias.trim()
        ? []
        : [
            `What is called ${old.alias}_… is called ${next.alias.trim()}_… from now on: prompts and permissions in clients that name the old ones stop working.`,
          ]
    const kinds = Object.keys(NOUNS) as Kind[]
    return [...renamed, ...kinds.flatMap(kind => lostOf(old, next, kind, name))]
  })
}

function lostOf(old: MemberDraft, next: MemberDraft, kind: Kind, name: string): string[] {
  const [had, has] = [old.offer[kind], next.offer[kind]]
  const [one, many] = NOUNS[kind]
  if (has === 'all') return []
  if (had === 'all') {
    if (has.length === 0) return [`${name} offers no ${many} any more.`]
    return [
      `Of ${name} only ${count(has.length, one, many)} ${has.length === 1 ? 'is' : 'are'} left, and none that it adds later.`,
    ]
  }
  const left = new Map(has.map(item => [item.name, item]))
  const gone = had.filter(item => !left.has(item.name)).map(item => publicName(old, kind, item))
  const moved = had.flatMap(item => {
    const now = left.get(item.name)
    const isNamed = NAMED.includes(kind) && now !== undefined
    const isMoved = isNamed && now.exposed_as.trim() !== item.exposed_as
    return isMoved
      ? [`${publicName(old, kind, item)} is called ${publicName(next, kind, now)} from now on.`]
      : []
  })
  return gone.length === 0
    ? moved
    : [`${some(gone)} ${gone.length === 1 ? 'disappears' : 'disappear'} from every client.`, ...moved]
}

const publicName = ({ alias }: MemberDraft, kind: Kind, item: ItemDraft): string =>
  NAMED.includes(kind) ? item.exposed_as.trim() || exposedName(alias.trim(), item.name) : item.name

const some = (names: string[]): string =>
  names.length <= NAMED_MAX
    ? listed(names)
    : listed([...names.slice(0, NAMED_MAX), `${names.length - NAMED_MAX} more`])
