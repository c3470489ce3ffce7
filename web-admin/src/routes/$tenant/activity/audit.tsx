import { createFileRoute } from '@tanstack/react-router'
import { AuditPage } from '@/features/activity/audit-page'
import { readAuditSearch } from '@/features/activity/audit-search'

export const Route = createFileRoute('/$tenant/activity/audit')({
  validateSearch: readAuditSearch,
  component: AuditPage,
})
