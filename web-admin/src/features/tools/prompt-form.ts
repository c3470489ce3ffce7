//! The arguments of a prompt as a form: they are all texts. Pure.

import { listOf, member, type Offered, textOf } from '@/lib/mcp'
import type { Field } from './schema-form'

export function promptForm({ raw }: Offered): Field {
  const properties = listOf(raw, 'arguments').flatMap(argument => {
    const name = textOf(argument, 'name')
    if (name === undefined) return []
    const field: Field = {
      kind: 'string',
      format: undefined,
      pattern: undefined,
      length: { min: undefined, max: undefined },
    }
    return [
      {
        name,
        title: textOf(argument, 'title'),
        description: textOf(argument, 'description'),
        isRequired: member(argument, 'required') === true,
        field,
      },
    ]
  })
  return { kind: 'object', properties }
}
