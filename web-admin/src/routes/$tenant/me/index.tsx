import { createFileRoute } from '@tanstack/react-router'
import { ConnectionsPage } from '@/features/me/connections-page'

export const Route = createFileRoute('/$tenant/me/')({ component: ConnectionsPage })
