//! Every read of the console, by noun. Query keys exist here and nowhere else: a key starts with the tenant and the noun,
//! so that `keys.servers(tenant)` names everything about servers at once, to invalidate it.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, take } from './client'

/** What to invalidate after a change: everything below the prefix. */
export const keys = {
  accounts: (tenant: string) => [tenant, 'accounts'] as const,
  apiKeys: (tenant: string) => [tenant, 'api-keys'] as const,
  domains: (tenant: string) => [tenant, 'domains'] as const,
  groups: (tenant: string) => [tenant, 'groups'] as const,
  identityProviders: (tenant: string) => [tenant, 'identity-providers'] as const,
  invitations: (tenant: string) => [tenant, 'invitations'] as const,
  scim: (tenant: string) => [tenant, 'scim'] as const,
  servers: (tenant: string) => [tenant, 'servers'] as const,
  serviceAccounts: (tenant: string) => [tenant, 'service-accounts'] as const,
  session: (tenant: string) => [tenant, 'session'] as const,
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
