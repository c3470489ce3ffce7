import { createFileRoute } from '@tanstack/react-router'
import { serviceAccount } from '@/api/queries'
import { AccountPage } from '@/features/people/account-page'

export const Route = createFileRoute('/$tenant/people/service-accounts/$account')({
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(serviceAccount(params.tenant, params.account)),
  component: AccountPage,
})
