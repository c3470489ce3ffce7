import { createFileRoute } from '@tanstack/react-router'
import { ServerUsage } from '@/features/activity/server-usage'
import { readServerUsageSearch } from '@/features/activity/usage-data'

export const Route = createFileRoute('/$tenant/servers/$server/activity/usage')({
  validateSearch: readServerUsageSearch,
  component: ServerUsage,
})
