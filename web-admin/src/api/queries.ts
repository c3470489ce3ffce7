//! Every read of the console, by noun. Query keys exist here and nowhere else: a key starts with the tenant and the noun,
//! so that `keys.servers(tenant)` names everything about servers at once, to invalidate it.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { bounds, type Range } from '@/lib/range'
import { api, take } from './client'
import type { CallOutcome, Fault } from './types'

/** What to invalidate after a change: everything below the prefix. */
export const keys = {
  accounts: (tenant: string) => [tenant, 'accounts'] as const,
  apiKeys: (tenant: string) => [tenant, 'api-keys'] as const,
  audit: (tenant: string) => [tenant, 'audit'] as const,
  calls: (tenant: string) => [tenant, 'calls'] as const,
  clients: (tenant: string) => [tenant, 'clients'] as const,
  /** Of one's own: IDEs and browsers. */
  connections: (tenant: string) => [tenant, 'connections'] as const,
  domains: (tenant: string) => [tenant, 'domains'] as const,
  groups: (tenant: string) => [tenant, 'groups'] as const,
  identityProviders: (tenant: string) => [tenant, 'identity-providers'] as const,
  invitations: (tenant: string) => [tenant, 'invitations'] as const,
  limitRules: (tenant: string) => [tenant, 'limit-rules'] as const,
  names: (tenant: string) => [tenant, 'names'] as const,
  scim: (tenant: string) => [tenant, 'scim'] as const,
  servers: (tenant: string) => [tenant, 'servers'] as const,
  serviceAccounts: (tenant: string) => [tenant, 'service-accounts'] as const,
  session: (tenant: string) => [tenant, 'session'] as const,
  usage: (tenant: string) => [tenant, 'usage'] as const,
  users: (tenant: string) => [tenant, 'users'] as const,
}

/** Rows that a list asks for at once. */
const PAGE_ROWS = 100
/** The most that the API gives at once: enough for what organisations have few of. */
const ROWS_MAX = 200

type Cursor = string | undefined

/** How a list goes on: every list of the API has the same form. */
const paged = {
  initialPageParam: undefined as Cursor,
  getNextPageParam: (page: { next_cursor?: string | null }): Cursor => page.next_cursor ?? undefined,
}

// Accounts: the credentials of one's own that servers want.

export const myAccounts = (tenant: string) =>
  queryOptions({
    queryKey: keys.accounts(tenant),
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/me/accounts', { signal, params: { path: { tenant } } })),
  })

// API keys: of a person or of a service account, also those that ended.

export type KeyOwner = { user: string } | { service_account: string }

export const apiKeysOf = (tenant: string, owner: KeyOwner, status?: 'active') =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.apiKeys(tenant), owner, { status }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/keys', {
          signal,
          params: { path: { tenant }, query: { ...owner, status, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const myKeys = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.apiKeys(tenant), 'mine'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/keys', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

// E-mail domains.

export const domainList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.domains(tenant), 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/domains', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

// Groups.

export const groupList = (tenant: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.groups(tenant), 'list', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups', {
          signal,
          params: { path: { tenant }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const group = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.groups(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups/{group}', {
          signal,
          params: { path: { tenant, group: id } },
        }),
      ),
  })

export const groupMembers = (tenant: string, id: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.groups(tenant), id, 'members', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups/{group}/members', {
          signal,
          params: { path: { tenant, group: id }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

// Identity providers.

export const identityProviders = (tenant: string) =>
  queryOptions({
    queryKey: [...keys.identityProviders(tenant), 'all'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/identity-providers', {
          signal,
          params: { path: { tenant }, query: { limit: ROWS_MAX } },
        }),
      ),
  })

export const identityProviderList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.identityProviders(tenant), 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/identity-providers', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const identityProvider = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.identityProviders(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/identity-providers/{provider}', {
          signal,
          params: { path: { tenant, provider: id } },
        }),
      ),
  })

// Invitations.

export const invitationList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.invitations(tenant), 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/invitations', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

// Presets of well-known servers.

export const presets = (tenant: string) =>
  queryOptions({
    queryKey: [tenant, 'presets'],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/presets', { signal, params: { path: { tenant } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

// SCIM: what identity providers push.

export const scim = (tenant: string) =>
  queryOptions({
    queryKey: [...keys.scim(tenant), 'overview'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/scim', {
          signal,
          params: { path: { tenant } },
        }),
      ),
  })

export const scimTokenList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.scim(tenant), 'tokens'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/scim/tokens', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const scimRequestList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.scim(tenant), 'requests'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/scim/requests', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

// Servers.

/** `q` is a part of the name or the slug. */
export const serverList = (tenant: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.servers(tenant), 'list', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers', {
          signal,
          params: { path: { tenant }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const server = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

export const serverUses = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'uses'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/uses', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

export const grantList = (tenant: string, id: string, { q }: { q?: string } = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.servers(tenant), id, 'grants', { q }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/grants', {
          signal,
          params: { path: { tenant, server: id }, query: { q, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

/** Whom a grant may be given to, by a part of their name. */
export const grantCandidates = (tenant: string, id: string, q: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'candidates', { q }],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/candidates', {
          signal,
          params: { path: { tenant, server: id }, query: { q } },
        }),
      ),
  })

export const toolSwitches = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), id, 'tool-switches'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers/{server}/tool-switches', {
          signal,
          params: { path: { tenant, server: id } },
        }),
      ),
  })

/** The tools of a server that were called most in the last 30 days. */
export const calledTools = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.servers(tenant), 'called-tools', id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/usage', {
          signal,
          params: {
            path: { tenant },
            query: { bucket: 'day', group_by: 'tool', server: id, method: 'tools/call', limit: 50 },
          },
        }),
      ),
  })

// Service accounts.

export type AccountFilter = { q?: string; status?: 'active' | 'deactivated' }

export const serviceAccountList = (tenant: string, { q, status }: AccountFilter = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.serviceAccounts(tenant), 'list', { q, status }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/service-accounts', {
          signal,
          params: { path: { tenant }, query: { q, status, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const serviceAccount = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.serviceAccounts(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/service-accounts/{service_account}', {
          signal,
          params: { path: { tenant, service_account: id } },
        }),
      ),
  })

// Session: who is signed in, and where.

export const session = (tenant: string) =>
  queryOptions({
    queryKey: keys.session(tenant),
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/tenants/{tenant}/session', { signal, params: { path: { tenant } } })),
    staleTime: 60_000,
  })

// Users: the people of the organisation.

export const userList = (tenant: string, { q, status }: AccountFilter = {}) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.users(tenant), 'list', { q, status }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users', {
          signal,
          params: { path: { tenant }, query: { q, status, cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const user = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.users(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}', {
          signal,
          params: { path: { tenant, user: id } },
        }),
      ),
  })

export const groupsOf = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.users(tenant), id, 'groups'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/groups', {
          signal,
          params: { path: { tenant, user: id } },
        }),
      ),
  })

export const identitiesOf = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.users(tenant), id, 'identities'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/identities', {
          signal,
          params: { path: { tenant, user: id } },
        }),
      ),
  })

export const secondFactorOf = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.users(tenant), id, 'secondFactor'],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/second-factor', {
          signal,
          params: { path: { tenant, user: id } },
        }),
      ),
  })

export const sessionsOf = (tenant: string, id: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.users(tenant), id, 'sessions'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/sessions', {
          signal,
          params: { path: { tenant, user: id }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const connectionsOf = (tenant: string, id: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.users(tenant), id, 'connections'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}/connections', {
          signal,
          params: { path: { tenant, user: id }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

// Audit log.

export type AuditFilter = Range & { actor?: string; target?: string; action?: string }

export const auditList = (tenant: string, { actor, target, action, ...range }: AuditFilter) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.audit(tenant), 'list', { actor, target, action, ...range }],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/audit', {
          signal,
          params: {
            path: { tenant },
            query: { actor, target, action, ...bounds(range, Date.now()), cursor, limit: PAGE_ROWS },
          },
        }),
      ),
  })

/** One stretch of the chain, recomputed now. */
export const auditVerification = (tenant: string, query: { after?: number; anchor?: string }) =>
  queryOptions({
    queryKey: [...keys.audit(tenant), 'verification', query],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/audit/verification', {
          signal,
          params: { path: { tenant }, query },
        }),
      ),
    staleTime: 0,
    gcTime: 0,
  })

// Calls.

/** Without a range: the last 24 hours. */
export type CallFilter = Range & {
  server?: string
  member?: string
  principal?: string
  client?: string
  client_id?: string
  tool?: string
  method?: string
  outcome?: CallOutcome
  fault?: Fault
}

function callPage(tenant: string, filter: CallFilter, signal: AbortSignal, cursor: Cursor) {
  const { range, from, to, ...what } = filter
  const query = { ...what, ...bounds({ range, from, to }, Date.now()), cursor, limit: PAGE_ROWS }
  const page = api.GET('/api/v1/tenants/{tenant}/calls', { signal, params: { path: { tenant }, query } })
  return take(page)
}

export const callList = (tenant: string, filter: CallFilter) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.calls(tenant), 'list', filter],
    queryFn: ({ signal, pageParam: cursor }) => callPage(tenant, filter, signal, cursor),
  })

/** The first page, as it is now. */
export const newestCalls = (tenant: string, filter: CallFilter) =>
  queryOptions({
    queryKey: [...keys.calls(tenant), 'newest', filter],
    queryFn: ({ signal }) => callPage(tenant, filter, signal, undefined),
    staleTime: 0,
    gcTime: 0,
  })

export const call = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.calls(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/calls/{call}', { signal, params: { path: { tenant, call: id } } }),
      ),
    // What happened, happened.
    staleTime: Number.POSITIVE_INFINITY,
  })

// Connections of one's own: servers' clients that may act, and browsers.

export const myConnections = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.connections(tenant), 'clients'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/me/connections', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const mySessions = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.connections(tenant), 'browsers'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/me/sessions', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

// Limits.

export const limitRuleList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.limitRules(tenant), 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/limit-rules', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

export const limitRule = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...keys.limitRules(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/limit-rules/{limit_rule}', {
          signal,
          params: { path: { tenant, limit_rule: id } },
        }),
      ),
  })

// Names: what an id is called, and whom to choose from. Rows of logs have ids only.

const NAMED_FOR_MS = 300_000
const FOUND_ROWS = 20

/** `document`: what a file for `portway apply` calls it. */
export type NameOf = { name: string; document: string }

/** What all of them share; somebody who is gone stays gone. */
const named = { staleTime: NAMED_FOR_MS, retry: false } as const

export const serverNamed = (tenant: string, id: string) => ({ ...server(tenant, id), ...named })

export const userNamed = (tenant: string, id: string) =>
  queryOptions({
    ...named,
    queryKey: [...keys.names(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users/{user}', { signal, params: { path: { tenant, user: id } } }),
      ).then(user => ({ name: user.display_name || user.user_name, document: user.email })),
  })

export const groupNamed = (tenant: string, id: string) =>
  queryOptions({
    ...named,
    queryKey: [...keys.names(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups/{group}', {
          signal,
          params: { path: { tenant, group: id } },
        }),
      ).then(group => ({ name: group.display_name, document: group.display_name })),
  })

export const machineNamed = (tenant: string, id: string) =>
  queryOptions({
    ...named,
    queryKey: [...keys.names(tenant), id],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/service-accounts/{service_account}', {
          signal,
          params: { path: { tenant, service_account: id } },
        }),
      ).then(machine => ({ name: machine.name, document: machine.name })),
  })

export const usersFound = (tenant: string, q: string) =>
  queryOptions({
    ...named,
    placeholderData: keepPreviousData,
    queryKey: [...keys.names(tenant), 'users', q],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/users', {
          signal,
          params: { path: { tenant }, query: { q: q || undefined, limit: FOUND_ROWS } },
        }),
      ),
  })

export const groupsFound = (tenant: string, q: string) =>
  queryOptions({
    ...named,
    placeholderData: keepPreviousData,
    queryKey: [...keys.names(tenant), 'groups', q],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/groups', {
          signal,
          params: { path: { tenant }, query: { q: q || undefined, limit: FOUND_ROWS } },
        }),
      ),
  })

export const machinesFound = (tenant: string, q: string) =>
  queryOptions({
    ...named,
    placeholderData: keepPreviousData,
    queryKey: [...keys.names(tenant), 'machines', q],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/service-accounts', {
          signal,
          params: { path: { tenant }, query: { q: q || undefined, limit: FOUND_ROWS } },
        }),
      ),
  })

export const serversFound = (tenant: string, q: string) =>
  queryOptions({
    ...named,
    placeholderData: keepPreviousData,
    queryKey: [...keys.names(tenant), 'servers', q],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/servers', {
          signal,
          params: { path: { tenant }, query: { q: q || undefined, limit: FOUND_ROWS } },
        }),
      ),
  })

// OAuth clients.

export const oauthClientList = (tenant: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: [...keys.clients(tenant), 'list'],
    queryFn: ({ signal, pageParam: cursor }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/clients', {
          signal,
          params: { path: { tenant }, query: { cursor, limit: PAGE_ROWS } },
        }),
      ),
  })

// Usage: calls added up by the hour or the day.

export type UsageFilter = Range & {
  bucket: 'hour' | 'day'
  group_by?: 'user' | 'group' | 'server' | 'tool' | 'client'
  limit?: number
  server?: string
  principal?: string
  client?: string
  tool?: string
}

export const usage = (tenant: string, { range, from, to, ...what }: UsageFilter) =>
  queryOptions({
    queryKey: [...keys.usage(tenant), { range, from, to, ...what }],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/tenants/{tenant}/usage', {
          signal,
          params: { path: { tenant }, query: { ...what, ...bounds({ range, from, to }, Date.now()) } },
        }),
      ),
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  })
