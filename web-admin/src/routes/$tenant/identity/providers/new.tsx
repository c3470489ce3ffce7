import { createFileRoute } from '@tanstack/react-router'
import { ProviderNewPage } from '@/features/identity/provider-new-page'

export const Route = createFileRoute('/$tenant/identity/providers/new')({ component: ProviderNewPage })
