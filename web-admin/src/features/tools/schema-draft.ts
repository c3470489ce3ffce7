//! What somebody has typed into a form made of a schema, and the value that it stands for. Pure. An empty field is left
//! out; what is not an answer to the schema has its mistake under its path (a JSON pointer).

import { isObject, type Json, member } from '@/lib/mcp'
import type { Field, Property } from './schema-form'

/** A text for every plain value; lists and objects hold more of them. */
export type Draft = string | Draft[] | { [name: string]: Draft }

export type Mistakes = ReadonlyMap<string, string>

type Read = { value: Json | undefined; mistakes: Map<string, string> }

export const below = (path: string, step: string | number): string =>
  `${path}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** The draft of a member, whatever it is called. */
export const draftAt = (draft: Draft, name: string): Draft | undefined =>
  typeof draft === 'object' && !Array.isArray(draft) && Object.hasOwn(draft, name) ? draft[name] : undefined

/** What a form begins with: the schema's defaults, and a constant that is required. */
export function initial(field: Field, isRequired: boolean): Draft {
  if (field.fallback !== undefined) {
    const draft = draftOf(field, field.fallback)
    if (draft !== undefined) return draft
  }
  if (field.kind === 'object') {
    return Object.fromEntries(
      field.properties.map(({ name, field, isRequired }) => [name, initial(field, isRequired)]),
    )
  }
  if (field.kind === 'array') return []
  return field.kind === 'enum' && field.options.length === 1 && isRequired ? '0' : ''
}

/** The draft of a value, to go from JSON to the form; nothing if the form would lose a part of it. */
export function draftOf(field: Field, value: Json | undefined): Draft | undefined {
  if (value === undefined || (value === null && field.isNullable)) return emptyOf(field)
  switch (field.kind) {
    case 'string':
      return typeof value === 'string' && value !== '' ? value : undefined
    case 'number':
      return typeof value === 'number' ? String(value) : undefined
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'enum': {
      const at = field.options.findIndex(option => same(option, value))
      return at < 0 ? undefined : String(at)
    }
    case 'json':
      return JSON.stringify(value, null, 2)
    case 'array':
      return Array.isArray(value) ? all(value.map(item => draftOf(field.item, item))) : undefined
    case 'object':
      return objectDraft(field.properties, value)
  }
}

function objectDraft(properties: Property[], value: Json): Draft | undefined {
  if (!isObject(value)) return undefined
  const known = new Set(properties.map(({ name }) => name))
  if (Object.keys(value).some(name => !known.has(name))) return undefined
  const drafts = all(properties.map(({ name, field }) => draftOf(field, member(value, name))))
  return drafts && Object.fromEntries(properties.map(({ name }, at) => [name, drafts[at] ?? '']))
}

const all = (drafts: (Draft | undefined)[]): Draft[] | undefined =>
  drafts.includes(undefined) ? undefined : (drafts as Draft[])

function emptyOf(field: Field): Draft {
  if (field.kind === 'array') return []
  if (field.kind !== 'object') return ''
  return Object.fromEntries(field.properties.map(({ name, field }) => [name, emptyOf(field)]))
}

const same = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other)

/** What the draft stands for, or what is wrong with it. */
export function typedValue(field: Field, draft: Draft | undefined, isRequired: boolean, path = ''): Read {
  if (field.kind === 'object') return objectValue(field, draft, isRequired, path)
  if (field.kind === 'array') return arrayValue(field, draft, isRequired, path)
  const text = typeof draft === 'string' ? draft : ''
  if (text.trim() === '' && !(field.kind === 'string' && text !== '')) return empty(field, isRequired, path)
  const { value, mistake } = plainValue(field, text)
  return mistake === undefined ? good(value) : { value: undefined, mistakes: new Map([[path, mistake]]) }
}

const good = (value: Json | undefined): Read => ({ value, mistakes: new Map() })

function empty(field: Field, isRequired: boolean, path: string): Read {
  if (!isRequired) return good(undefined)
  if (field.isNullable) return good(null)
  const why =
    field.kind === 'string' ? 'Is required. An empty text is sent by editing the JSON.' : 'Is required'
  return { value: undefined, mistakes: new Map([[path, why]]) }
}

type Plain = { value?: Json; mistake?: string }

function plainValue(field: Field, text: string): Plain {
  switch (field.kind) {
    case 'number':
      return numberValue(field, text.trim())
    case 'boolean':
      return { value: text === 'true' }
    case 'enum': {
      const value = field.options[Number(text)]
      return value === undefined ? { mistake: 'Is none of what there is to choose from' } : { value }
    }
    case 'json':
      return jsonValue(text)
    default:
      return field.kind === 'string' ? stringValue(field, text) : {}
  }
}

function stringValue({ length }: Extract<Field, { kind: 'string' }>, text: string): Plain {
  // As JSON Schema counts: characters, not the halves that JavaScript makes of some.
  const long = [...text].length
  if (length.min !== undefined && long < length.min)
    return { mistake: `Must have ${length.min} characters or more` }
  if (length.max !== undefined && long > length.max)
    return { mistake: `Must have at most ${length.max} characters` }
  return { value: text }
}

function numberValue(field: Extract<Field, { kind: 'number' }>, text: string): Plain {
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(number)) return { mistake: 'Is no number' }
  if (field.isInteger && !Number.isInteger(number)) return { mistake: 'Must be a whole number' }
  if (Number.isInteger(number) && !Number.isSafeInteger(number))
    return { mistake: 'Is too large for a browser to send exactly' }
  const { bounds, above, below } = field
  if (bounds.min !== undefined && number < bounds.min) return { mistake: `Must be ${bounds.min} or more` }
  if (bounds.max !== undefined && number > bounds.max) return { mistake: `Must be ${bounds.max} or less` }
  if (above !== undefined && number <= above) return { mistake: `Must be more than ${above}` }
  if (below !== undefined && number >= below) return { mistake: `Must be less than ${below}` }
  return { value: number }
}

export function jsonValue(text: string): Plain {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^JSON\.parse: /, '') : ''
    return { mistake: `Is no JSON: ${why}` }
  }
}

function arrayValue(
  field: Extract<Field, { kind: 'array' }>,
  draft: Draft | undefined,
  isRequired: boolean,
  path: string,
): Read {
  const rows = Array.isArray(draft) ? draft : []
  if (rows.length === 0 && !isRequired) return good(undefined)
  if (rows.length === 0 && field.isNullable) return good(null)
  const mistakes = new Map<string, string>()
  const items = rows.map((row, at) => {
    const { value, mistakes: own } = typedValue(field.item, row, true, below(path, at))
    for (const [path, mistake] of own) mistakes.set(path, mistake)
    return value ?? null
  })
  const { min, max } = field.count
  if (min !== undefined && rows.length < min) mistakes.set(path, `Must have ${min} entries or more`)
  if (max !== undefined && rows.length > max) mistakes.set(path, `Must have at most ${max} entries`)
  return { value: items, mistakes }
}

function objectValue(
  field: Extract<Field, { kind: 'object' }>,
  draft: Draft | undefined,
  isRequired: boolean,
  path: string,
): Read {
  const isUntouched = !isRequired && isEmpty(draft)
  // Nothing in it was typed: it is left out, and what it requires with it.
  if (isUntouched) return good(undefined)
  const mistakes = new Map<string, string>()
  const members = field.properties.flatMap(({ name, field, isRequired }): [string, Json][] => {
    const own = typedValue(field, draftAt(draft ?? {}, name), isRequired, below(path, name))
    for (const [path, mistake] of own.mistakes) mistakes.set(path, mistake)
    return own.value === undefined ? [] : [[name, own.value]]
  })
  // Not by assignment: a member may be called __proto__.
  return { value: Object.fromEntries(members), mistakes }
}

function isEmpty(draft: Draft | undefined): boolean {
  if (draft === undefined || draft === '') return true
  if (typeof draft === 'string') return false
  return Array.isArray(draft) ? draft.length === 0 : Object.values(draft).every(isEmpty)
}

/** The draft with another value at the name. */
export const withMember = (draft: Draft | undefined, name: string, value: Draft): Draft => ({
  ...(typeof draft === 'object' && !Array.isArray(draft) ? draft : {}),
  [name]: value,
})
