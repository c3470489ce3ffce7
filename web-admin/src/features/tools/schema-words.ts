//! What a field takes, in a few words. Pure.

import { plural } from '@/lib/units'
import type { Field } from './schema-form'

const SHOWN_OPTIONS = 6

/** Such as “whole number, 1 to 10” or “list of text”. */
export function typeWords(field: Field): string {
  const words = plainWords(field)
  return field.isNullable ? `${words}, or null` : words
}

function plainWords(field: Field): string {
  switch (field.kind) {
    case 'string':
      return [
        field.format ? `text (${field.format})` : 'text',
        range(field.length.min, field.length.max, 'characters'),
        field.pattern && `like ${field.pattern}`,
      ]
        .filter(Boolean)
        .join(', ')
    case 'number':
      return [
        field.isInteger ? 'whole number' : 'number',
        range(field.bounds.min, field.bounds.max),
        field.above !== undefined && `more than ${field.above}`,
        field.below !== undefined && `less than ${field.below}`,
      ]
        .filter(Boolean)
        .join(', ')
    case 'boolean':
      return 'yes or no'
    case 'enum':
      return enumWords(field.options.map(option => JSON.stringify(option)))
    case 'array':
      return [`list of ${typeWords(field.item)}`, range(field.count.min, field.count.max, 'entries')]
        .filter(Boolean)
        .join(', ')
    case 'object':
      return `object of ${plural(field.properties.length, 'field')}`
    case 'json':
      return 'JSON'
  }
}

function enumWords(options: string[]): string {
  if (options.length === 1) return `always ${options[0]}`
  const shown = options.slice(0, SHOWN_OPTIONS).join(', ')
  return `one of ${shown}${options.length > SHOWN_OPTIONS ? `, and ${options.length - SHOWN_OPTIONS} more` : ''}`
}

function range(min: number | undefined, max: number | undefined, noun?: string): string | undefined {
  const unit = noun ? ` ${noun}` : ''
  if (min !== undefined && max !== undefined) return `${min} to ${max}${unit}`
  if (min !== undefined && min !== 0) return `at least ${min}${unit}`
  return max === undefined ? undefined : `at most ${max}${unit}`
}

/** Such as “3 arguments, 1 required”. */
export function takesWords(form: Field): string {
  if (form.kind !== 'object') return 'Arguments as JSON'
  if (form.properties.length === 0) return 'No arguments'
  const required = form.properties.filter(({ isRequired }) => isRequired).length
  const all = plural(form.properties.length, 'argument')
  if (required === 0) return `${all}, none required`
  return required === form.properties.length ? `${all}, all required` : `${all}, ${required} required`
}
