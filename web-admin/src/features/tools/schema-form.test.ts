import { expect, test } from 'vitest'
import type { Json } from '@/lib/mcp'
import { type Draft, draftOf, initial, typedValue, withMember } from './schema-draft'
import { type Field, formOf } from './schema-form'

const object = (properties: Record<string, unknown>, more: object = {}) => ({
  type: 'object',
  properties,
  ...more,
})

/** The field of one property. */
function fieldOf(schema: unknown, defs: object = {}): Field {
  const form = formOf(object({ it: schema }, { $defs: defs }))
  if (form.kind !== 'object') throw new Error(`no form: ${JSON.stringify(form)}`)
  const [property] = form.properties
  if (!property) throw new Error('no such property')
  return property.field
}

test('what each kind of schema becomes', () => {
  const check = (schema: unknown, expected: object) =>
    expect(fieldOf(schema), JSON.stringify(schema)).toMatchObject(expected)
  check(
    { type: 'string', format: 'date', maxLength: 3 },
    { kind: 'string', format: 'date', length: { max: 3 } },
  )
  check({ type: 'integer', minimum: 1 }, { kind: 'number', isInteger: true, bounds: { min: 1 } })
  check({ type: 'number', exclusiveMaximum: 2 }, { kind: 'number', isInteger: false, below: 2 })
  check({ type: 'boolean', default: true }, { kind: 'boolean', fallback: true })
  check({ enum: ['a', 1, null] }, { kind: 'enum', options: ['a', 1, null] })
  check({ const: { a: 1 } }, { kind: 'enum', options: [{ a: 1 }] })
  check({ type: 'array', items: { type: 'string' }, minItems: 1 }, { kind: 'array', count: { min: 1 } })
  check(object({ a: { type: 'string' } }), { kind: 'object' })
  check({ properties: { a: {} } }, { kind: 'object' })
  check({ items: { type: 'number' } }, { kind: 'array', item: { kind: 'number' } })
  check({ type: ['string', 'null'] }, { kind: 'string', isNullable: true })
  check({ type: ['integer'] }, { kind: 'number', isInteger: true })
  check(
    { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null },
    { kind: 'number', isNullable: true },
  )
  check({ allOf: [{ enum: ['x', 'y'] }], default: 'x' }, { kind: 'enum', fallback: 'x' })
})

test('what no form can show is typed as JSON', () => {
  const check = (schema: unknown, why: RegExp) => {
    const field = fieldOf(schema)
    expect(field.kind, JSON.stringify(schema)).toBe('json')
    expect(field.kind === 'json' && field.why).toMatch(why)
  }
  check(true, /anything/)
  check({}, /no type/)
  check({ description: 'Whatever.' }, /no type/)
  check({ type: ['string', 'number'] }, /string or number/)
  check({ type: 'null' }, /type null/)
  check({ oneOf: [{ type: 'string' }, { type: 'number' }] }, /oneOf/)
  check({ type: 'object', patternProperties: {} }, /patternProperties/)
  check({ type: 'object', additionalProperties: { type: 'string' } }, /free/)
  check({ type: 'array' }, /anything/)
  check({ type: 'array', items: object({ a: { type: 'string' } }) }, /plain/)
  check({ type: 'array', items: {}, prefixItems: [{}] }, /anything/)
  check({ $ref: 'https://elsewhere.example/schema.json' }, /another document/)
  check({ $ref: '#/$defs/absent' }, /anything fits|another document/)
  check({ type: 7 }, /no type/)
  check({ enum: [] }, /no type/)
})

test('references within the document, however they are written', () => {
  const defs = {
    'a/b': { type: 'string', description: 'Said there.' },
    'c d': { type: 'integer' },
    e: { $ref: '#/$defs/a~1b' },
  }
  expect(fieldOf({ $ref: '#/$defs/a~1b' }, defs).kind).toBe('string')
  expect(fieldOf({ $ref: '#/$defs/c%20d' }, defs).kind).toBe('number')
  expect(fieldOf({ $ref: '#/$defs/e', default: 'x' }, defs)).toMatchObject({ kind: 'string', fallback: 'x' })
  expect(fieldOf({ anyOf: [{ $ref: '#/$defs/e' }, { type: 'null' }] }, defs)).toMatchObject({
    kind: 'string',
    isNullable: true,
  })
  const form = formOf(object({ it: { $ref: '#/$defs/a~1b' } }, { $defs: defs }))
  expect(form.kind === 'object' && form.properties[0]?.description).toBe('Said there.')
})

test('schemas that go round in circles come to an end', () => {
  expect(fieldOf({ $ref: '#/$defs/a' }, { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }).kind).toBe(
    'json',
  )
  expect(formOf({ $ref: '#' }).kind).toBe('json')
  const tree = { type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#' } } }
  expect(depthOf(formOf(tree))).toBeLessThan(8)
  const wide = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`p${at}`, { $ref: '#' }]))
  expect(countOf(formOf({ type: 'object', properties: wide }))).toBeLessThan(1_000)
  expect(formOf({ type: 'array', items: { $ref: '#' } }).kind).toBe('json')
  expect(
    fieldOf({ $ref: '#/$defs/list' }, { list: { type: 'array', items: { $ref: '#/$defs/list' } } }).kind,
  ).toBe('json')
})

function depthOf(field: Field): number {
  return field.kind === 'object' ? 1 + Math.max(0, ...field.properties.map(({ field }) => depthOf(field))) : 1
}

function countOf(field: Field): number {
  return field.kind === 'object' ? field.properties.reduce((sum, { field }) => sum + countOf(field), 1) : 1
}

test('the root: a form, nothing to fill in, or an editor', () => {
  for (const nothing of [undefined, {}, { type: 'object' }, { type: 'object', additionalProperties: false }])
    expect(formOf(nothing), JSON.stringify(nothing)).toEqual({ kind: 'object', properties: [] })
  for (const odd of [true, false, null, 'x', [], { type: 'string' }, { anyOf: [{}, {}] }])
    expect(formOf(odd).kind, JSON.stringify(odd)).toBe('json')
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`p${at}`, { type: 'string' }]))
  expect(formOf(object(many)).kind).toBe('json')
})

test('huge lists of options stay a choice, enormous ones are typed', () => {
  const options = (count: number) => Array.from({ length: count }, (_, at) => `o${at}`)
  expect(fieldOf({ type: 'string', enum: options(5_000) }).kind).toBe('enum')
  expect(fieldOf({ type: 'string', enum: options(5_001) }).kind).toBe('string')
})

test('`false` takes nothing, and nobody is asked for it', () => {
  expect(formOf(object({ never: false, it: { type: 'string' } }))).toMatchObject({
    properties: [{ name: 'it' }],
  })
})

function sent(schema: unknown, draft: Draft): { value: Json | undefined; mistakes: Record<string, string> } {
  const { value, mistakes } = typedValue(formOf(schema), draft, true)
  return { value, mistakes: Object.fromEntries(mistakes) }
}

test('what is typed becomes a value of its type, and what is empty is left out', () => {
  const schema = object(
    {
      name: { type: 'string' },
      count: { type: 'integer' },
      ratio: { type: 'number' },
      on: { type: 'boolean' },
      pick: { enum: ['a', 2, null] },
      tags: { type: 'array', items: { type: 'string' } },
      any: {},
      inner: object({ a: { type: 'string' }, b: { type: 'string' } }, { required: ['a'] }),
    },
    { required: ['name', 'tags'] },
  )
  const empty = initial(formOf(schema), true)
  expect(sent(schema, withMember(empty, 'name', ' x '))).toEqual({
    value: { name: ' x ', tags: [] },
    mistakes: {},
  })
  const full = {
    name: 'x',
    count: '7',
    ratio: '-1.5e2',
    on: 'false',
    pick: '2',
    tags: ['a', 'b'],
    any: '{"a":[1]}',
    inner: { a: 'y', b: '' },
  }
  expect(sent(schema, full)).toEqual({
    value: {
      name: 'x',
      count: 7,
      ratio: -150,
      on: false,
      pick: null,
      tags: ['a', 'b'],
      any: { a: [1] },
      inner: { a: 'y' },
    },
    mistakes: {},
  })
  expect(Object.keys(sent(schema, { ...full, inner: { a: '', b: 'z' } }).mistakes)).toEqual(['/inner/a'])
})

test('mistakes stand where they were made', () => {
  const check = (schema: unknown, text: Draft, expected: RegExp | undefined, path = '/it') => {
    const { mistakes } = sent(object({ it: schema }, { required: ['it'] }), { it: text })
    if (expected === undefined) expect(mistakes, JSON.stringify(schema)).toEqual({})
    else expect(mistakes[path], JSON.stringify(schema)).toMatch(expected)
  }
  check({ type: 'string' }, '', /required/)
  check({ type: ['string', 'null'] }, '', undefined)
  check({ type: 'string', minLength: 2, maxLength: 2 }, '👍👍', undefined)
  check({ type: 'string', maxLength: 1 }, 'ab', /at most 1/)
  check({ type: 'integer' }, '1.5', /whole/)
  check({ type: 'integer' }, '1e3', undefined)
  check({ type: 'integer' }, '99999999999999999999', /exactly/)
  for (const text of ['x', '0x10', 'Infinity', 'NaN', '1,5', '--1'])
    check({ type: 'number' }, text, /no number/)
  check({ type: 'number', minimum: 2 }, '1', /2 or more/)
  check({ type: 'number', exclusiveMinimum: 2 }, '2', /more than 2/)
  check({}, '{', /no JSON/)
  check({ type: 'array', items: { type: 'integer' } }, ['1', 'x'], /no number/, '/it/1')
  check({ type: 'array', items: { type: 'integer' }, maxItems: 1 }, ['1', '2'], /at most 1/)
  check({ enum: ['a'] }, '7', /none/)
})

test('defaults are filled in, and a constant that must be sent', () => {
  const schema = object(
    {
      n: { type: 'integer', default: 5 },
      kind: { const: 'a' },
      maybe: { const: 'b' },
      bad: { type: 'integer', default: 'x' },
    },
    { required: ['kind'] },
  )
  expect(sent(schema, initial(formOf(schema), true)).value).toEqual({ n: 5, kind: 'a' })
})

test('from JSON to the form and back, unless something would be lost', () => {
  const form = formOf(
    object({
      a: { type: 'string' },
      b: { type: 'array', items: { type: 'number' } },
      c: object({ d: { type: 'boolean' } }),
    }),
  )
  const there = (value: Json) => draftOf(form, value)
  const value = { a: 'x', b: [1, 2], c: { d: false } }
  const draft = there(value)
  expect(draft && typedValue(form, draft, true).value).toEqual(value)
  expect(there({ a: 'x', unknown: 1 })).toBeUndefined()
  expect(there({ a: '' })).toBeUndefined()
  expect(there({ a: 1 })).toBeUndefined()
  expect(there({ b: [1, 'x'] })).toBeUndefined()
  expect(there([])).toBeUndefined()
})

test('names that mean something to JavaScript are names', () => {
  const schema = JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}},"required":["constructor"]}',
  )
  const form = formOf(schema)
  const draft = withMember(withMember(initial(form, true), '__proto__', 'p'), 'constructor', 'c')
  const { value } = typedValue(form, draft, true)
  expect(JSON.stringify(value)).toBe('{"__proto__":"p","constructor":"c"}')
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
})
