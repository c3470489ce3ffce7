import { createFileRoute } from '@tanstack/react-router'
import { usage } from '@/api/queries'
import { readUsageSearch, usageFilter } from '@/features/activity/usage-data'
import { UsagePage } from '@/features/activity/usage-page'

export const Route = createFileRoute('/$tenant/activity/usage')({
  validateSearch: readUsageSearch,
  loaderDeps: ({ search }) => search,
  // Not awaited: the page has its own skeleton, and shows sooner.
  loader: ({ context, params, deps }) =>
    void context.queryClient.prefetchQuery(usage(params.tenant, usageFilter(deps, Date.now()))),
  component: UsagePage,
})
