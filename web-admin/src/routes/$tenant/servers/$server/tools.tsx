import { createFileRoute } from '@tanstack/react-router'
import { ToolsPage } from '@/features/tools/tools-page'
import { text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/servers/$server/tools')({
  validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: text(search.q) }),
  component: ToolsPage,
})
