import { createFileRoute } from '@tanstack/react-router'
import { domainList } from '@/api/queries'
import { DomainsPage } from '@/features/identity/domains-page'

export const Route = createFileRoute('/$tenant/identity/domains')({
  loader: ({ context, params }) => void context.queryClient.prefetchInfiniteQuery(domainList(params.tenant)),
  component: DomainsPage,
})
