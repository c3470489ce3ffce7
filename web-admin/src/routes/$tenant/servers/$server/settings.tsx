import { createFileRoute } from '@tanstack/react-router'
import { ServerSettings } from '@/features/servers/server-settings'

export const Route = createFileRoute('/$tenant/servers/$server/settings')({ component: ServerSettings })
