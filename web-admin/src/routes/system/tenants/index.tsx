import { createFileRoute } from '@tanstack/react-router'
import { tenantList } from '@/api/queries'
import { TenantsPage } from '@/features/operations/tenants-page'
import { text } from '@/lib/search'

export const Route = createFileRoute('/system/tenants/')({
  validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: text(search.q) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => void context.queryClient.prefetchInfiniteQuery(tenantList(deps)),
  component: TenantsPage,
})
