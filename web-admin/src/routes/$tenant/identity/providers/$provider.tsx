import { createFileRoute } from '@tanstack/react-router'
import { identityProvider } from '@/api/queries'
import { ProviderPage } from '@/features/identity/provider-page'

export const Route = createFileRoute('/$tenant/identity/providers/$provider')({
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(identityProvider(params.tenant, params.provider)),
  component: ProviderPage,
})
