import { createFileRoute } from '@tanstack/react-router'
import { ServerLimits } from '@/features/limits/server-limits'

export const Route = createFileRoute('/$tenant/servers/$server/limits')({ component: ServerLimits })
