import { createFileRoute } from '@tanstack/react-router'
import { ServerSettings } from '@/features/servers/server-settings'
import { readAs } from '@/lib/search'

export const Route = createFileRoute('/$tenant/servers/$server/settings')({
  validateSearch: readAs,
  component: ServerSettings,
})
