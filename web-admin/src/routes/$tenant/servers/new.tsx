import { createFileRoute } from '@tanstack/react-router'
import { RegisterPage } from '@/features/servers/register-page'
import { readAs } from '@/lib/search'

export const Route = createFileRoute('/$tenant/servers/new')({
  validateSearch: readAs,
  component: RegisterPage,
})
