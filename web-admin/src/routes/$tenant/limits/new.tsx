import { createFileRoute } from '@tanstack/react-router'
import { NewLimitPage } from '@/features/limits/limit-pages'
import { text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/limits/new')({
  validateSearch: (search: Record<string, unknown>): { server?: string } => ({ server: text(search.server) }),
  component: NewLimitPage,
})
