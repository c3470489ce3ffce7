import { createFileRoute } from '@tanstack/react-router'
import { groupList } from '@/api/queries'
import { GroupsPage } from '@/features/people/groups-page'
import { text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/people/groups/')({
  validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: text(search.q) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, params, deps }) =>
    void context.queryClient.prefetchInfiniteQuery(groupList(params.tenant, deps)),
  component: GroupsPage,
})
