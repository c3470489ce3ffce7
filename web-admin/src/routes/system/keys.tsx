import { createFileRoute } from '@tanstack/react-router'
import { DataKeysPage } from '@/features/operations/data-keys-page'

export const Route = createFileRoute('/system/keys')({ component: DataKeysPage })
