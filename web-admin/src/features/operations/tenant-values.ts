//! The form of a tenant, and the change that it becomes: only what is different is sent. Pure.

import type { PlatformTenantPatch, Tenant } from '@/api/types'

export type TenantValues = {
  displayName: string
  /** One a line. */
  gatewayOrigins: string
  /** Empty: no bound. */
  concurrentCalls: string
}

/** The API leaves out a bound that is none. */
export const valuesOf = ({
  display_name,
  gateway_origins,
  settings,
}: Pick<Tenant, 'display_name' | 'gateway_origins'> & {
  settings: Partial<Tenant['settings']>
}): TenantValues => ({
  displayName: display_name,
  gatewayOrigins: gateway_origins.join('\n'),
  concurrentCalls: settings.concurrent_calls_max ? String(settings.concurrent_calls_max) : '',
})

const listOf = (lines: string) =>
  lines
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)

export function patchOf(before: TenantValues, now: TenantValues): PlatformTenantPatch {
  const patch: PlatformTenantPatch = {}
  if (now.displayName.trim() !== before.displayName) patch.display_name = now.displayName.trim()
  const origins = listOf(now.gatewayOrigins)
  if (origins.join('\n') !== before.gatewayOrigins) patch.gateway_origins = origins
  const calls = Number(now.concurrentCalls.trim())
  if (calls !== Number(before.concurrentCalls)) patch.concurrent_calls_max = calls
  return patch
}

const FIELDS: Record<string, keyof TenantValues> = {
  display_name: 'displayName',
  gateway_origins: 'gatewayOrigins',
  concurrent_calls_max: 'concurrentCalls',
}

export const fieldOf = (field: string): string => FIELDS[field.replace(/\[\d+\]$/, '')] ?? field
