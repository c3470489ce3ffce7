//! The form of a virtual server as plain data: empty, of one that exists, and turned into what the API takes. Pure.

import type { NewServer, Server, ServerPatch } from '@/api/types'
import { draftsOf, type MemberDraft, membersOf } from './bundle-values'

export type VirtualValues = {
  slug: string
  display_name: string
  description: string
  tags: string[]
  members: MemberDraft[]
}

export const NEW_VIRTUAL: VirtualValues = {
  slug: '',
  display_name: '',
  description: '',
  tags: [],
  members: [],
}

export const virtualValues = (server: Server): VirtualValues => ({
  slug: server.slug,
  display_name: server.display_name,
  description: server.description,
  tags: server.tags,
  members: draftsOf(server.members ?? []),
})

export const virtualBody = ({ slug, display_name, description, tags, members }: VirtualValues) =>
  ({
    slug: slug.trim(),
    display_name: display_name.trim(),
    description: description.trim(),
    tags,
    members: membersOf(members),
  }) satisfies NewServer

/** Only what differs: whoever changes the name need not manage each member. */
export function virtualPatch(values: VirtualValues, stored: VirtualValues): ServerPatch {
  const { slug: _, ...after } = virtualBody(values)
  const before = virtualBody(stored)
  const keys = Object.keys(after) as (keyof typeof after)[]
  const changed = keys.filter(key => JSON.stringify(after[key]) !== JSON.stringify(before[key]))
  return Object.fromEntries(changed.map(key => [key, after[key]]))
}

/** The form's name for a field that the API refused. */
export const virtualField = (field: string): string => (field.startsWith('tags[') ? 'tags' : field)
