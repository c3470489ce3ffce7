import { createFileRoute } from '@tanstack/react-router'
import { user } from '@/api/queries'
import { UserPage } from '@/features/people/user-page'

export const Route = createFileRoute('/$tenant/people/users/$user')({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(user(params.tenant, params.user)),
  component: UserPage,
})
