import { createFileRoute } from '@tanstack/react-router'
import { callList } from '@/api/queries'
import { readServerCallSearch } from '@/features/activity/search'
import { ServerCalls } from '@/features/activity/server-calls'

export const Route = createFileRoute('/$tenant/servers/$server/activity/')({
  validateSearch: readServerCallSearch,
  loaderDeps: ({ search: { live, ...filter } }) => ({ live, filter }),
  // Not awaited: the page has its own skeleton, and shows sooner.
  loader: ({ context, params: { tenant, server }, deps: { live, filter } }) => {
    if (!live) void context.queryClient.prefetchInfiniteQuery(callList(tenant, { ...filter, server }))
  },
  component: ServerCalls,
})
