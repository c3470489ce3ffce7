//! The API's shapes under short names. Everything else takes types from here, never from the generated file.

import type { components } from './schema.gen'

type Schemas = components['schemas']

export type Account = Schemas['Account']
export type FieldError = Schemas['FieldError']
export type OutboundAuth = Schemas['OutboundAuth']
export type Problem = Schemas['Problem']
export type Server = Schemas['ServerView']
export type Session = Schemas['SessionView']
export type TenantRole = Schemas['TenantRole']
