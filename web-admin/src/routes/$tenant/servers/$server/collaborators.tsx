import { createFileRoute } from '@tanstack/react-router'
import { grantList } from '@/api/queries'
import { CollaboratorsPage } from '@/features/collaborators/collaborators-page'
import { text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/servers/$server/collaborators')({
  validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: text(search.q) }),
  loaderDeps: ({ search: { q } }) => ({ q }),
  loader: ({ context, params, deps }) =>
    void context.queryClient.prefetchInfiniteQuery(grantList(params.tenant, params.server, deps)),
  component: CollaboratorsPage,
})
