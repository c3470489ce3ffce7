//! What is wrong with a field of a member: said by the API, or seen before it was asked.

import { createContext, useContext } from 'react'
import { useRefusal } from '@/components/form'

/** Messages by the API's names of the fields. */
export const LiveMistakes = createContext<ReadonlyMap<string, string>>(new Map())

export function useMistake(field: string): string | undefined {
  const live = useContext(LiveMistakes).get(field)
  const refusal = useRefusal(field)
  return refusal ?? live
}
