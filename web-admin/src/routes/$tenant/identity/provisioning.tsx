import { createFileRoute } from '@tanstack/react-router'
import { ProvisioningPage } from '@/features/identity/provisioning-page'

export const Route = createFileRoute('/$tenant/identity/provisioning')({ component: ProvisioningPage })
