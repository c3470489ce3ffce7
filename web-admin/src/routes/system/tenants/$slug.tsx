import { createFileRoute } from '@tanstack/react-router'
import { tenantBySlug } from '@/api/queries'
import { TenantPage } from '@/features/operations/tenant-page'

export const Route = createFileRoute('/system/tenants/$slug')({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(tenantBySlug(params.slug)),
  component: TenantPage,
})
