//! What a query string may carry: each reader takes whatever stands in the address bar and gives something usable.

/** Text, or nothing: an empty search leaves no trace in the address. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** One of the words, or nothing. */
export function oneOf<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  return words.find(word => word === value)
}

/** As a form, or as the document that it stands for. */
export const readAs = (search: Record<string, unknown>): { as?: 'yaml' } => ({
  as: oneOf(search.as, ['yaml']),
})
