//! The API's shapes under short names. Everything else takes types from here, never from the generated file.

import type { components } from './schema.gen'

type Schemas = components['schemas']

export type Account = Schemas['Account']
export type ApiKey = Schemas['ApiKey']
export type AuditEvent = Schemas['AuditEventView']
export type BrowserSession = Schemas['BrowserSession']
/** The generated type has another `ClientView` in the place of the caller's: two structs share that name. */
export type Call = Omit<Schemas['CallView'], 'client'> & { client: CallClient }
export type CallClient = {
  /** As it says. */
  name: string
  version: string
  /** OAuth client_id; empty for API keys. */
  client_id: string
  api_key_id?: string
  protocol: string
}
export type CallOutcome = Schemas['CallOutcome']
export type Connection = Schemas['Connection']
export type Fault = Schemas['Fault']
export type FieldError = Schemas['FieldError']
export type Grant = Schemas['GrantView']
export type KeyPart = Schemas['KeyPart']
export type LimitRule = Schemas['LimitRule']
export type LimitRuleSpec = Schemas['LimitRuleSpec']
export type LimitSubject = Schemas['LimitSubject']
export type LimitWarning = Schemas['LimitWarning']
export type LimitWindow = Schemas['LimitWindow']
export type NamedSubject = Schemas['NamedSubject']
export type NewApiKey = Schemas['NewApiKey']
export type NewServer = Schemas['ServerBody']
export type OAuthClient = Schemas['ClientView']
export type OutboundAuth = Schemas['OutboundAuth']
export type OutboundAuthInput = Schemas['OutboundAuthInput']
export type Preset = Schemas['Preset']
export type Problem = Schemas['Problem']
export type Server = Schemas['ServerView']
export type ServerPatch = Schemas['ServerPatch']
export type ServerRole = Schemas['ServerRole']
export type Session = Schemas['SessionView']
export type SettingsPatch = Schemas['SettingsPatch']
export type Tally = Schemas['TallyView']
export type Tenant = Schemas['TenantView']
export type TenantRole = Schemas['TenantRole']
export type ToolSwitchChange = Schemas['ToolSwitchChange']
export type ToolSwitches = Schemas['ToolSwitches']
export type Transport = Schemas['Transport']
export type Usage = Schemas['UsageView']
export type UsagePoint = Schemas['PointView']
export type UsageSeries = Schemas['SeriesView']
export type Verification = Schemas['VerificationView']
