import type { Tenant } from '@/api/types'
import { Badge } from '@/components/ui/badge'

const STATUS = {
  active: { label: 'Active', tone: 'good' },
  suspended: { label: 'Suspended', tone: 'warning' },
  deleting: { label: 'Deleted', tone: 'alert' },
} as const

export const TenantBadge = ({ status }: Pick<Tenant, 'status'>) => (
  <Badge tone={STATUS[status].tone}>{STATUS[status].label}</Badge>
)
