import { createFileRoute } from '@tanstack/react-router'
import { RegisterPage } from '@/features/servers/register-page'

export const Route = createFileRoute('/$tenant/servers/new')({ component: RegisterPage })
