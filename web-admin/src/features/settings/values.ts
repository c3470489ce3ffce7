//! The form of the settings, and the change that it becomes: only what is different is sent. Pure.

import type { SettingsPatch, Tenant } from '@/api/types'

export type SettingsValues = {
  displayName: string
  accessTokenMinutes: string
  refreshRotation: 'tolerant' | 'strict'
  offlineHours: string
  callLogDays: string
  /** One a line. */
  allowedOrigins: string
  clientDocuments: boolean
  clientHostsAllowed: string
  clientHostsDenied: string
  privateUseSchemes: boolean
}

const DEFAULT_CALL_LOG_DAYS = 90
const MINUTE_S = 60
const HOUR_S = 3_600

const lines = (items: readonly string[] | undefined) => (items ?? []).join('\n')
const listOf = (text: string) =>
  text
    .split(/[\s,]+/)
    .map(line => line.trim())
    .filter(line => line !== '')

/** The API leaves out what is as usual. */
type Said = { display_name: string; settings: Partial<Tenant['settings']> }

export function valuesOf({ display_name, settings }: Said): SettingsValues {
  return {
    displayName: display_name,
    accessTokenMinutes: String((settings.access_token_s ?? HOUR_S) / MINUTE_S),
    refreshRotation: settings.refresh_rotation ?? 'tolerant',
    offlineHours: String((settings.offline_max_s ?? 24 * HOUR_S) / HOUR_S),
    callLogDays: String(settings.call_log_days ?? DEFAULT_CALL_LOG_DAYS),
    allowedOrigins: lines(settings.allowed_origins),
    clientDocuments: settings.client_documents ?? true,
    clientHostsAllowed: lines(settings.client_hosts_allowed),
    clientHostsDenied: lines(settings.client_hosts_denied),
    privateUseSchemes: settings.private_use_schemes ?? true,
  }
}

export type TenantPatch = { display_name?: string; settings: SettingsPatch }

const whole = (values: SettingsValues) => ({
  access_token_s: Math.round(Number(values.accessTokenMinutes) * MINUTE_S),
  refresh_rotation: values.refreshRotation,
  offline_max_s: Math.round(Number(values.offlineHours) * HOUR_S),
  call_log_days: Number(values.callLogDays),
  allowed_origins: listOf(values.allowedOrigins),
  client_documents: values.clientDocuments,
  client_hosts_allowed: listOf(values.clientHostsAllowed),
  client_hosts_denied: listOf(values.clientHostsDenied),
  private_use_schemes: values.privateUseSchemes,
})

/** What is different: so that two admins who change different things do not undo each other. */
export function patchOf(before: SettingsValues, now: SettingsValues): TenantPatch {
  const [old, fresh] = [whole(before), whole(now)]
  const changed = Object.entries(fresh).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name as keyof typeof old]),
  )
  const name = now.displayName.trim()
  return {
    ...(name === before.displayName ? {} : { display_name: name }),
    settings: Object.fromEntries(changed) as SettingsPatch,
  }
}

const FIELDS: Record<string, keyof SettingsValues> = {
  display_name: 'displayName',
  access_token_s: 'accessTokenMinutes',
  refresh_rotation: 'refreshRotation',
  offline_max_s: 'offlineHours',
  call_log_days: 'callLogDays',
  allowed_origins: 'allowedOrigins',
  client_documents: 'clientDocuments',
  client_hosts_allowed: 'clientHostsAllowed',
  client_hosts_denied: 'clientHostsDenied',
  private_use_schemes: 'privateUseSchemes',
}

export const fieldOf = (field: string): string =>
  FIELDS[field.replace(/^settings\./, '').replace(/\[\d+\]$/, '')] ?? field

/** A number between two, for rules that need no server. */
export const between = (min: number, max: number) => (text: string) => {
  const value = Number(text)
  const is = text.trim() !== '' && Number.isFinite(value) && value >= min && value <= max
  return is ? undefined : `must be ${min} to ${max.toLocaleString('en')}`
}
