//! What a server offers to whoever is signed in, as the gateway lists it.

import { queryOptions } from '@tanstack/react-query'
import { cursorOf, type Kind, LISTS, type Offered, offeredOf } from '@/lib/mcp'
import { tryServer } from '../playground'
import type { TryAnswer } from '../types'
import { keys } from './keys'

/** A list ends here, whatever the server says: it may hand out cursors for ever. */
const PAGES_MAX = 20
const ITEMS_MAX = 2_000
const LISTED_FOR_MS = 60_000
/** JSON-RPC's “method not found”: a server that has no prompts, say, need not know how to list them. */
const UNKNOWN_METHOD = -32_601

export type Listed = {
  items: Offered[]
  /** There is more than this. */
  isCut: boolean
  /** The answer that is no list: why there is none, or no more of it. */
  refusal: TryAnswer | undefined
}

export const offered = (tenant: string, id: string, kind: Kind) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'offered', kind],
    queryFn: ({ signal }) => listAll(tenant, id, kind, signal),
    staleTime: LISTED_FOR_MS,
    // It costs a call of the server, which the person did not ask for again.
    refetchOnWindowFocus: false,
    retry: false,
  })

async function listAll(tenant: string, id: string, kind: Kind, signal: AbortSignal): Promise<Listed> {
  const found = new Map<string, Offered>()
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX && found.size < ITEMS_MAX; page++) {
    const body = { method: LISTS[kind].method, ...(cursor !== undefined && { params: { cursor } }) }
    const answer = await tryServer(tenant, id, body, signal)
    if (answer.error?.code === UNKNOWN_METHOD) break
    if (answer.result === undefined) return { items: [...found.values()], isCut: page > 0, refusal: answer }
    for (const item of offeredOf(kind, answer.result)) found.set(item.name, item)
    cursor = cursorOf(answer.result)
    if (cursor === undefined) break
  }
  const isCut = cursor !== undefined || found.size > ITEMS_MAX
  return { items: [...found.values()].slice(0, ITEMS_MAX), isCut, refusal: undefined }
}
