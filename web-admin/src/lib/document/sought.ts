//! What a document names and the API knows by id. Pure.

import type { Reader } from './reader'

/** Something that is named: its place, and the id that is looked for. */
export type Sought = { line: number; field: string; what: string; id: Promise<string | undefined> }

/** The id of each, in order; what is not found is noted where it is named. */
export async function idsOf(sought: readonly Sought[], reader: Reader): Promise<(string | undefined)[]> {
  const ids = await Promise.all(sought.map(({ id }) => id))
  sought.forEach(({ line, field, what }, at) => {
    if (ids[at] === undefined) reader.wrong(line, field, `there is no ${what}, or you may not see it`)
  })
  return ids
}

export const isFound = (id: string | undefined): id is string => id !== undefined
