//! Changes: done by the API, and then what they made old is asked for again.

import { useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { keys } from '@/api/queries'
import { useTenant } from './session'

type Noun = keyof typeof keys

/** Does a change, then forgets what it made old. What it gives stays the same from one rendering to the next. */
export function useChange() {
  const tenant = useTenant()
  const client = useQueryClient()
  return useMemo(() => {
    const change = async <T>(call: Promise<T>, ...nouns: Noun[]): Promise<T> => {
      const answer = await call
      await Promise.all(nouns.map(noun => client.invalidateQueries({ queryKey: keys[noun](tenant) })))
      return answer
    }
    /** Removes something: what is left of its noun is old, and it itself is not asked for again. */
    const remove = async <T>(call: Promise<T>, id: string, ...nouns: Noun[]): Promise<T> => {
      const answer = await call
      const isLeft = ({ queryKey }: { queryKey: readonly unknown[] }) => !queryKey.includes(id)
      await Promise.all(
        nouns.map(noun => client.invalidateQueries({ queryKey: keys[noun](tenant), predicate: isLeft })),
      )
      return answer
    }
    return { tenant, change, remove }
  }, [tenant, client])
}
