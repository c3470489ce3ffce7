//! The API's shapes under short names. Everything else takes types from here, never from the generated file.

import type { components } from './schema.gen'

type Schemas = components['schemas']

export type Account = Schemas['Account']
export type FieldError = Schemas['FieldError']
export type NamedSubject = Schemas['NamedSubject']
export type Grant = Schemas['GrantView']
export type NewServer = Schemas['ServerBody']
export type OutboundAuth = Schemas['OutboundAuth']
export type OutboundAuthInput = Schemas['OutboundAuthInput']
export type Preset = Schemas['Preset']
export type Problem = Schemas['Problem']
export type Server = Schemas['ServerView']
export type ServerPatch = Schemas['ServerPatch']
export type ServerRole = Schemas['ServerRole']
export type Session = Schemas['SessionView']
export type TenantRole = Schemas['TenantRole']
export type ToolSwitches = Schemas['ToolSwitches']
export type ToolSwitchChange = Schemas['ToolSwitchChange']
export type Transport = Schemas['Transport']
export type Usage = Schemas['UsageView']
