import { createFileRoute } from '@tanstack/react-router'
import { NewVirtualPage } from '@/features/servers/new-virtual-page'
import { readAs } from '@/lib/search'

export const Route = createFileRoute('/$tenant/servers/new-virtual')({
  validateSearch: readAs,
  component: NewVirtualPage,
})
