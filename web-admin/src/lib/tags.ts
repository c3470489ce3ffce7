//! The tags that servers have.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { serverTags } from '@/api/queries'
import { useTenant } from './session'

/** In order. */
export function useTags(): { tags: readonly string[]; isPending: boolean } {
  const { data, isPending } = useQuery(serverTags(useTenant()))
  const tags = useMemo(() => data?.items.map(({ tag }) => tag) ?? [], [data])
  return { tags, isPending }
}
