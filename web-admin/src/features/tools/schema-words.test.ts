import { expect, test } from 'vitest'
import { formOf } from './schema-form'
import { takesWords, typeWords } from './schema-words'

test('what a field takes, in words', () => {
  const check = (schema: object, expected: string) => {
    const form = formOf({ type: 'object', properties: { it: schema } })
    const [property] = form.kind === 'object' ? form.properties : []
    expect(property && typeWords(property.field), JSON.stringify(schema)).toBe(expected)
  }
  check({ type: 'string', format: 'date', maxLength: 10 }, 'text (date), at most 10 characters')
  check({ type: 'string', pattern: '^a+$' }, 'text, like ^a+$')
  check({ type: 'integer', minimum: 1, maximum: 10 }, 'whole number, 1 to 10')
  check({ type: ['number', 'null'], exclusiveMinimum: 0 }, 'number, more than 0, or null')
  check({ enum: ['a', 1] }, 'one of "a", 1')
  check({ enum: 'abcdefgh'.split('') }, 'one of "a", "b", "c", "d", "e", "f", and 2 more')
  check({ const: 'x' }, 'always "x"')
  check({ type: 'array', items: { type: 'string' }, minItems: 1 }, 'list of text, at least 1 entries')
  check({}, 'JSON')
})

test('what a tool takes', () => {
  const check = (schema: unknown, expected: string) => expect(takesWords(formOf(schema))).toBe(expected)
  const properties = { a: { type: 'string' }, b: { type: 'string' } }
  check({ type: 'object' }, 'No arguments')
  check({ type: 'object', properties }, '2 arguments, none required')
  check({ type: 'object', properties, required: ['a'] }, '2 arguments, 1 required')
  check({ type: 'object', properties, required: ['a', 'b'] }, '2 arguments, all required')
  check(true, 'Arguments as JSON')
})
