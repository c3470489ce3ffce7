import { createFileRoute } from '@tanstack/react-router'
import { overrideList } from '@/api/queries'
import { AuthenticationPage } from '@/features/authentication/authentication-page'

export const Route = createFileRoute('/$tenant/servers/$server/authentication')({
  // Not awaited: the page has its own skeleton, and shows sooner.
  loader: ({ context, params }) =>
    void context.queryClient.prefetchInfiniteQuery(overrideList(params.tenant, params.server)),
  component: AuthenticationPage,
})
