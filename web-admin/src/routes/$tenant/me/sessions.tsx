import { createFileRoute } from '@tanstack/react-router'
import { SessionsPage } from '@/features/me/sessions-page'

export const Route = createFileRoute('/$tenant/me/sessions')({ component: SessionsPage })
