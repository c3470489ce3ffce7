import { createFileRoute } from '@tanstack/react-router'
import { LimitsPage } from '@/features/limits/limits-page'

export const Route = createFileRoute('/$tenant/limits/')({ component: LimitsPage })
