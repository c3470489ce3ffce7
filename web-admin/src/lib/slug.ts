const SLUG_CHARS_MAX = 40

/** A slug that a name suggests: lower-case letters, digits and single hyphens, beginning with a letter. */
export const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, SLUG_CHARS_MAX)
    .replace(/-+$/, '')
