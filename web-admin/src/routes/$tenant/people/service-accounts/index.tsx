import { createFileRoute } from '@tanstack/react-router'
import { type AccountFilter, serviceAccountList } from '@/api/queries'
import { AccountsPage } from '@/features/people/accounts-page'
import { oneOf, text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/people/service-accounts/')({
  validateSearch: (search: Record<string, unknown>): AccountFilter => ({
    q: text(search.q),
    status: oneOf(search.status, ['active', 'deactivated']),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, params, deps }) =>
    void context.queryClient.prefetchInfiniteQuery(serviceAccountList(params.tenant, deps)),
  component: AccountsPage,
})
