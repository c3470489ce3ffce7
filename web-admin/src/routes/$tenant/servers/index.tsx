import { createFileRoute } from '@tanstack/react-router'
import { type ServerFilter, serverList } from '@/api/queries'
import { ServersPage } from '@/features/servers/servers-page'
import { oneOf, text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/servers/')({
  validateSearch: (search: Record<string, unknown>): ServerFilter & { view?: 'cards' } => ({
    q: text(search.q),
    tag: text(search.tag),
    view: oneOf(search.view, ['cards']),
  }),
  loaderDeps: ({ search: { q, tag } }) => ({ q, tag }),
  // Not awaited: the page has its own skeleton, and shows sooner.
  loader: ({ context, params, deps }) =>
    void context.queryClient.prefetchInfiniteQuery(serverList(params.tenant, deps)),
  component: ServersPage,
})
