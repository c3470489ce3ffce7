import { createFileRoute } from '@tanstack/react-router'
import { callList } from '@/api/queries'
import { CallsPage } from '@/features/activity/calls-page'
import { readCallSearch } from '@/features/activity/search'

export const Route = createFileRoute('/$tenant/activity/')({
  validateSearch: readCallSearch,
  loaderDeps: ({ search: { live, ...filter } }) => ({ live, filter }),
  // Not awaited: the page has its own skeleton, and shows sooner.
  loader: ({ context, params, deps: { live, filter } }) => {
    if (!live) void context.queryClient.prefetchInfiniteQuery(callList(params.tenant, filter))
  },
  component: CallsPage,
})
