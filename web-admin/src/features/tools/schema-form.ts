//! A JSON Schema as a form: which fields it takes, and what cannot be a field and is typed as JSON. Pure. The schema comes
//! from a server that may be anybody's: every loop has a bound, and nothing of it runs, its patterns included.

import { isObject, type Json, type JsonObject, member, textOf } from '@/lib/mcp'

/** Objects within objects, before a value is typed as JSON. */
const DEPTH_MAX = 4
const REFS_MAX = 16
/** Fields of one object; a form with more is no help. */
const PROPERTIES_MAX = 60
const FIELDS_MAX = 200
const OPTIONS_MAX = 5_000

type Bounds = { min: number | undefined; max: number | undefined }

export type Field = (
  | { kind: 'string'; format: string | undefined; pattern: string | undefined; length: Bounds }
  | {
      kind: 'number'
      isInteger: boolean
      bounds: Bounds
      above: number | undefined
      below: number | undefined
    }
  | { kind: 'boolean' }
  /** One of a few, a constant among them. */
  | { kind: 'enum'; options: Json[] }
  | { kind: 'array'; item: Field; count: Bounds }
  | { kind: 'object'; properties: Property[] }
  /** Typed as JSON. `why`: what of the schema a form cannot show. */
  | { kind: 'json'; why: string }
) & {
  /** `null` is as good as a value. */
  isNullable?: boolean
  fallback?: Json
}

export type Property = {
  name: string
  title: string | undefined
  description: string | undefined
  isRequired: boolean
  field: Field
}

type Reading = { root: unknown; fields: number }

/** The form of a tool's arguments; `json` where only an editor helps. */
export function formOf(schema: unknown): Field {
  const reading = { root: schema, fields: 0 }
  // Arguments are an object, whatever the schema leaves out.
  const field = read(schema === undefined ? {} : schema, reading, 0, true)
  const isForm = field.kind === 'object' || field.kind === 'json'
  return isForm ? field : { kind: 'json', why: 'its schema is not that of an object' }
}

function read(schema: unknown, reading: Reading, depth: number, isArguments = false): Field {
  if (depth > DEPTH_MAX) return json('it is nested too deeply')
  const found = resolve(schema, reading.root)
  if (found === undefined) return json('it refers to another document, or to itself')
  if (!isObject(found)) return json('anything fits')
  const { schema: simple, isNullable } = simplified(found)
  const plain = resolve(simple, reading.root)
  if (!isObject(plain)) return json('it refers to another document, or to itself')
  const field = readPlain(plain, reading, depth, isArguments)
  const fallback = member(plain, 'default')
  return {
    ...field,
    ...(isNullable && { isNullable }),
    ...(fallback !== undefined && { fallback }),
  }
}

const json = (why: string): Field => ({ kind: 'json', why })

const CHOICES = ['oneOf', 'anyOf', 'allOf', 'not', 'if', 'patternProperties']

function readPlain(schema: JsonObject, reading: Reading, depth: number, isArguments: boolean): Field {
  const constant = member(schema, 'const')
  if (constant !== undefined) return { kind: 'enum', options: [constant] }
  const options = member(schema, 'enum')
  if (Array.isArray(options) && options.length > 0 && options.length <= OPTIONS_MAX)
    return { kind: 'enum', options: distinct(options) }
  const choice = CHOICES.find(word => Object.hasOwn(schema, word))
  if (choice !== undefined) return json(`its schema has ${choice}`)
  const type = typeOf(schema) ?? (isArguments ? 'object' : undefined)
  switch (type) {
    case 'string':
      return {
        kind: 'string',
        format: textOf(schema, 'format'),
        pattern: textOf(schema, 'pattern'),
        length: { min: numberOf(schema, 'minLength'), max: numberOf(schema, 'maxLength') },
      }
    case 'number':
    case 'integer':
      return {
        kind: 'number',
        isInteger: type === 'integer',
        bounds: { min: numberOf(schema, 'minimum'), max: numberOf(schema, 'maximum') },
        above: numberOf(schema, 'exclusiveMinimum'),
        below: numberOf(schema, 'exclusiveMaximum'),
      }
    case 'boolean':
      return { kind: 'boolean' }
    case 'array':
      return readArray(schema, reading, depth)
    case 'object':
      return readObject(schema, reading, depth, isArguments)
    default:
      return json(type === undefined ? 'its schema names no type' : `its schema has the type ${type}`)
  }
}

const distinct = (options: Json[]): Json[] => [
  ...new Map(options.map(option => [JSON.stringify(option), option])).values(),
]

function readArray(schema: JsonObject, reading: Reading, depth: number): Field {
  const items = member(schema, 'items')
  if (!isObject(items) || Object.hasOwn(schema, 'prefixItems')) return json('it is a list of anything')
  const item = read(items, reading, depth + 1)
  const isPlain = item.kind !== 'array' && item.kind !== 'object' && item.kind !== 'json'
  if (!isPlain) return json('it is a list of more than plain values')
  const count = { min: numberOf(schema, 'minItems'), max: numberOf(schema, 'maxItems') }
  return { kind: 'array', item, count }
}

function readObject(schema: JsonObject, reading: Reading, depth: number, isArguments: boolean): Field {
  const properties = Object.entries(member(schema, 'properties') ?? {})
  const isMap = !isArguments && properties.length === 0
  if (isMap) return json('its names are free')
  if (properties.length > PROPERTIES_MAX) return json(`it has ${properties.length} fields`)
  const listed = member(schema, 'required')
  const required = new Set(Array.isArray(listed) ? listed : [])
  const fields: Property[] = []
  for (const [name, of] of properties) {
    // `false`: nothing fits, so nobody can send it.
    if (of === false) continue
    reading.fields += 1
    if (reading.fields > FIELDS_MAX) return json(`it has more than ${FIELDS_MAX} fields`)
    const found = resolve(of, reading.root)
    fields.push({
      name,
      title: textOf(of, 'title') ?? textOf(found, 'title'),
      description: textOf(of, 'description') ?? textOf(found, 'description'),
      isRequired: required.has(name),
      field: read(of, reading, depth + 1),
    })
  }
  return { kind: 'object', properties: fields }
}

/** What a reference within the document means; nothing if it goes round in circles, or out. */
function resolve(schema: unknown, root: unknown): unknown {
  let found = schema
  for (let hops = 0; hops < REFS_MAX; hops++) {
    const ref = member(found, '$ref')
    if (ref === undefined) return found
    if (typeof ref !== 'string' || !ref.startsWith('#')) return undefined
    // What stands beside a reference, such as a default, wins over what it leads to.
    const { $ref: _, ...beside } = found as JsonObject
    const target = pointed(root, ref.slice(1))
    if (!isObject(target)) return target
    found = { ...target, ...beside }
  }
  return undefined
}

function pointed(root: unknown, pointer: string): unknown {
  if (pointer === '') return root
  const steps = pointer.split('/').slice(1)
  let found: unknown = root
  for (const step of steps) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
    found = Array.isArray(found) ? found[Number(name)] : member(found, name)
  }
  return found
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A choice that is none: one thing, or one thing and `null`, which may be left empty. */
function simplified(schema: JsonObject): { schema: JsonObject; isNullable: boolean } {
  const types = member(schema, 'type')
  if (Array.isArray(types) && types.length === 2 && types.includes('null')) {
    const type = types.find(type => type !== 'null')
    return { schema: { ...schema, type: type ?? 'null' }, isNullable: true }
  }
  for (const word of ['anyOf', 'oneOf', 'allOf']) {
    const choices = member(schema, word)
    if (!Array.isArray(choices)) continue
    const others = word === 'allOf' ? choices : choices.filter(choice => member(choice, 'type') !== 'null')
    const [other] = others
    if (others.length !== 1 || choices.length > 2 || !isObject(other)) continue
    const { [word]: _, ...beside } = schema
    return { schema: { ...other, ...beside }, isNullable: choices.length === 2 }
  }
  return { schema, isNullable: false }
}

function typeOf(schema: JsonObject): string | undefined {
  const type = member(schema, 'type')
  if (Array.isArray(type)) return type.length === 1 ? String(type[0]) : type.join(' or ')
  if (typeof type === 'string') return type
  if (Object.hasOwn(schema, 'properties')) return 'object'
  return Object.hasOwn(schema, 'items') ? 'array' : undefined
}

function numberOf(schema: JsonObject, name: string): number | undefined {
  const value = member(schema, name)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
