import { createFileRoute } from '@tanstack/react-router'
import { RegisterPage } from '@/features/servers/register-page'
import { readAs, text } from '@/lib/search'

type Search = { preset?: string; as?: 'yaml' }

export const Route = createFileRoute('/$tenant/servers/new')({
  validateSearch: (search: Record<string, unknown>): Search => ({
    ...readAs(search),
    preset: text(search.preset),
  }),
  component: RegisterPage,
})
