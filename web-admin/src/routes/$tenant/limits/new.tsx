import { createFileRoute } from '@tanstack/react-router'
import { NewLimitPage } from '@/features/limits/limit-pages'

export const Route = createFileRoute('/$tenant/limits/new')({ component: NewLimitPage })
