import { createFileRoute } from '@tanstack/react-router'
import { type AccountFilter, userList } from '@/api/queries'
import { UsersPage } from '@/features/people/users-page'
import { oneOf, text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/people/')({
  validateSearch: (search: Record<string, unknown>): AccountFilter => ({
    q: text(search.q),
    status: oneOf(search.status, ['active', 'deactivated']),
  }),
  loaderDeps: ({ search }) => search,
  // Not awaited: the page has its own skeleton, and shows sooner.
  loader: ({ context, params, deps }) =>
    void context.queryClient.prefetchInfiniteQuery(userList(params.tenant, deps)),
  component: UsersPage,
})
