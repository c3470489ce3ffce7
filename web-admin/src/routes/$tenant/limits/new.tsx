import { createFileRoute } from '@tanstack/react-router'
import { NewLimitPage } from '@/features/limits/limit-pages'
import { readAs, text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/limits/new')({
  validateSearch: (search: Record<string, unknown>): { server?: string; as?: 'yaml' } => ({
    server: text(search.server),
    ...readAs(search),
  }),
  component: NewLimitPage,
})
