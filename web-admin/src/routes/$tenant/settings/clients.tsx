import { createFileRoute } from '@tanstack/react-router'
import { ClientsPage } from '@/features/settings/clients-page'

export const Route = createFileRoute('/$tenant/settings/clients')({ component: ClientsPage })
