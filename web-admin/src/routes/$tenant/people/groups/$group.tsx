import { createFileRoute } from '@tanstack/react-router'
import { group } from '@/api/queries'
import { GroupPage } from '@/features/people/group-page'
import { text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/people/groups/$group')({
  validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: text(search.q) }),
  loader: ({ context, params }) => context.queryClient.ensureQueryData(group(params.tenant, params.group)),
  component: GroupPage,
})
