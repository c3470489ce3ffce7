//! The shapes of operations that are not in openapi.json yet.

export type TryMethod =
  | 'tools/list'
  | 'tools/call'
  | 'prompts/list'
  | 'prompts/get'
  | 'resources/list'
  | 'resources/templates/list'
  | 'resources/read'

export type TryBody = { method: TryMethod; params?: Record<string, unknown> }

export type Header = { name: string; value: string }

export type Exchange = {
  name: string
  duration_ms: number
  request: { method: string; url: string; headers: Header[]; body: string }
  response?: { status: number; headers: Header[]; body: string; truncated: boolean } | null
}

export type TryAnswer = {
  protocol_version?: string | null
  duration_ms: number
  result?: unknown
  error?: { code: number; message: string; data?: unknown } | null
  problem?: string | null
  exchanges: Exchange[]
}

export type Probe = {
  outcome: 'answers' | 'needs_authorization' | 'not_mcp' | 'unreachable'
  detail: string
  protocol_versions: string[]
  server?: { name: string; version: string } | null
  instructions?: string | null
  tools: { name: string; title?: string | null; description?: string | null }[]
  has_more_tools: boolean
  authorization?: {
    issuer?: string | null
    scopes: string[]
    registration: 'automatic' | 'manual' | 'unknown'
  } | null
  suggested_auth: 'none' | 'oauth_per_user' | 'shared_header'
}
