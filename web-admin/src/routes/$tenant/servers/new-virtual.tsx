import { createFileRoute } from '@tanstack/react-router'
import { NewVirtualPage } from '@/features/servers/new-virtual-page'

export const Route = createFileRoute('/$tenant/servers/new-virtual')({ component: NewVirtualPage })
