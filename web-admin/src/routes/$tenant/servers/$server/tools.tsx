import { createFileRoute } from '@tanstack/react-router'
import { ToolsPage } from '@/features/tools/tools-page'
import { oneOf, text } from '@/lib/search'

type Search = {
  q?: string
  part?: 'prompts' | 'resources'
  tool?: string
  prompt?: string
  resource?: string
}

export const Route = createFileRoute('/$tenant/servers/$server/tools')({
  validateSearch: (search: Record<string, unknown>): Search => ({
    q: text(search.q),
    part: oneOf(search.part, ['prompts', 'resources']),
    tool: text(search.tool),
    prompt: text(search.prompt),
    resource: text(search.resource),
  }),
  component: ToolsPage,
})
