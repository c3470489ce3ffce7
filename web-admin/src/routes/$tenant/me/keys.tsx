import { createFileRoute } from '@tanstack/react-router'
import { KeysPage } from '@/features/me/keys-page'

export const Route = createFileRoute('/$tenant/me/keys')({ component: KeysPage })
