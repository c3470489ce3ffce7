//! The tags that servers have.

import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { serverList } from '@/api/queries'
import { useTenant } from './session'

/** Of the servers that the list has read so far, in order: nothing else knows of tags. */
export function useTags(): { tags: readonly string[]; isPending: boolean } {
  const { data, isPending } = useInfiniteQuery(serverList(useTenant()))
  const tags = useMemo(() => {
    const all = data?.pages.flatMap(page => page.items.flatMap(server => server.tags))
    return [...new Set(all)].sort()
  }, [data])
  return { tags, isPending }
}
