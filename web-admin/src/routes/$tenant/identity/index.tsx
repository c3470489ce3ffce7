import { createFileRoute } from '@tanstack/react-router'
import { identityProviderList } from '@/api/queries'
import { ProvidersPage } from '@/features/identity/providers-page'

export const Route = createFileRoute('/$tenant/identity/')({
  // Not awaited: the page has its own skeleton, and shows sooner.
  loader: ({ context, params }) =>
    void context.queryClient.prefetchInfiniteQuery(identityProviderList(params.tenant)),
  component: ProvidersPage,
})
