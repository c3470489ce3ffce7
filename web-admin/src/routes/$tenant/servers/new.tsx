import { createFileRoute } from '@tanstack/react-router'
import { RegisterPage } from '@/features/servers/register-page'
import { text } from '@/lib/search'

export const Route = createFileRoute('/$tenant/servers/new')({
  validateSearch: (search: Record<string, unknown>): { preset?: string } => ({ preset: text(search.preset) }),
  component: RegisterPage,
})
