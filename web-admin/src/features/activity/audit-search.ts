import type { AuditFilter } from '@/api/queries'
import { readRange } from '@/lib/range'
import { text } from '@/lib/search'

export const AUDIT_RANGES = ['24h', '7d', '30d', '90d'] as const

/** `event` is the one that is open. */
export type AuditSearch = AuditFilter & { event?: string }

export const readAuditSearch = (search: Record<string, unknown>): AuditSearch => ({
  actor: text(search.actor),
  target: text(search.target),
  action: text(search.action),
  event: text(search.event),
  ...readRange(search, AUDIT_RANGES),
})

export const isAuditSearch = ({ event: _, ...filter }: AuditSearch): boolean =>
  Object.values(filter).some(value => value !== undefined)
