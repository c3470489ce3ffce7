import { createFileRoute } from '@tanstack/react-router'
import { scim } from '@/api/queries'
import { ScimPage } from '@/features/identity/scim-page'
import { oneOf } from '@/lib/search'

export const Route = createFileRoute('/$tenant/identity/scim')({
  validateSearch: (search: Record<string, unknown>): { guide?: 'entra' } => ({
    guide: oneOf(search.guide, ['entra']),
  }),
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(scim(params.tenant)),
  component: ScimPage,
})
