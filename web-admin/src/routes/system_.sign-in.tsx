import { createFileRoute } from '@tanstack/react-router'
import { OperatorSignInPage } from '@/features/operations/sign-in-page'
import { text } from '@/lib/search'

export const Route = createFileRoute('/system_/sign-in')({
  validateSearch: (search: Record<string, unknown>): { to?: string } => ({ to: text(search.to) }),
  component: OperatorSignInPage,
})
