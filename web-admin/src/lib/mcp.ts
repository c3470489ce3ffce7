//! What MCP servers answer, read defensively: a server may say anything, and what is not understood is left out. Pure.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

/** What servers offer, and so what a virtual server may pick of them. */
export type Kind = 'tools' | 'prompts' | 'resources' | 'resource_templates'

export type Hints = {
  readOnly: boolean | undefined
  destructive: boolean | undefined
  idempotent: boolean | undefined
  openWorld: boolean | undefined
}

/** One thing that a server offers. `name` is what it is asked for by: of resources the URI, of templates the template. */
export type Offered = {
  name: string
  title: string | undefined
  description: string | undefined
  /** As the server sent it. */
  raw: JsonObject
}

/** How a kind is listed: the method, the member of its answer, and what things go by. */
export const LISTS = {
  tools: { method: 'tools/list', member: 'tools', by: 'name' },
  prompts: { method: 'prompts/list', member: 'prompts', by: 'name' },
  resources: { method: 'resources/list', member: 'resources', by: 'uri' },
  resource_templates: {
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    by: 'uriTemplate',
  },
} as const

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An own member of an object, whatever it is called. */
export const member = (value: unknown, name: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined

export function textOf(value: unknown, name: string): string | undefined {
  const text = member(value, name)
  return typeof text === 'string' && text.trim() !== '' ? text : undefined
}

export function listOf(value: unknown, name: string): Json[] {
  const list = member(value, name)
  return Array.isArray(list) ? list : []
}

function flag(value: unknown, name: string): boolean | undefined {
  const flag = member(value, name)
  return typeof flag === 'boolean' ? flag : undefined
}

/** One page of a list. */
export function offeredOf(kind: Kind, result: unknown): Offered[] {
  const { member: list, by } = LISTS[kind]
  return listOf(result, list).flatMap(raw => {
    const name = textOf(raw, by)
    if (name === undefined || !isObject(raw)) return []
    // A resource has a name besides its URI: what people call it.
    const called = by === 'name' ? undefined : textOf(raw, 'name')
    const title = textOf(raw, 'title') ?? textOf(member(raw, 'annotations'), 'title') ?? called
    return [{ name, title, description: textOf(raw, 'description'), raw }]
  })
}

export const cursorOf = (result: unknown): string | undefined => textOf(result, 'nextCursor')

/** What a tool says about itself; it may say nothing, and it may be wrong. */
export function hintsOf({ raw }: Offered): Hints {
  const said = member(raw, 'annotations')
  return {
    readOnly: flag(said, 'readOnlyHint'),
    destructive: flag(said, 'destructiveHint'),
    idempotent: flag(said, 'idempotentHint'),
    openWorld: flag(said, 'openWorldHint'),
  }
}

/** Whether a call may destroy something, as far as the tool says: one that says nothing may. */
export const mayDestroy = ({ readOnly, destructive }: Hints): boolean =>
  readOnly !== true && destructive !== false

export type Part = { text: string; href?: string }

const LINK = /https?:\/\/[^\s<>"'`]+/g

/** A text in parts, so that addresses in it can be followed. Nothing but http and https becomes a link. */
export function withLinks(text: string): Part[] {
  const parts: Part[] = []
  let done = 0
  for (const found of text.matchAll(LINK)) {
    const href = trimmed(found[0])
    if (!URL.canParse(href)) continue
    if (found.index > done) parts.push({ text: text.slice(done, found.index) })
    parts.push({ text: href, href })
    done = found.index + href.length
  }
  if (done < text.length) parts.push({ text: text.slice(done) })
  return parts
}

/** Without what ends the sentence around it. */
function trimmed(address: string): string {
  const plain = address.replace(/[.,;:!?]+$/, '')
  const isOpened = plain.includes('(') || !plain.endsWith(')')
  return isOpened ? plain : plain.replace(/\)+$/, '')
}
