import { createFileRoute } from '@tanstack/react-router'
import { ServerOverview } from '@/features/servers/server-overview'

export const Route = createFileRoute('/$tenant/servers/$server/')({ component: ServerOverview })
