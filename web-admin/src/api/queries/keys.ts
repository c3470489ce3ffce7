//! The only query keys. A key starts with the tenant and the noun, so that `keys.servers(tenant)` names everything about
//! servers at once, to invalidate it.

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

/** Of operators. No tenant is called `system`, so these are nobody else's. */
export const platformKeys = {
  nodes: ['system', 'nodes'],
  session: ['system', 'session'],
  tenants: ['system', 'tenants'],
} as const

/** Rows that a list asks for at once. */
export const PAGE_ROWS = 100
/** The most that the API gives at once: enough for what organisations have few of. */
export const ROWS_MAX = 200

export type Cursor = string | undefined

/** Pages of a list that are worth asking for again, one after the other, when somebody comes back to them. */
const AGAIN_MAX = 5

type Loaded = { state: { data?: { pages: readonly unknown[] } | undefined; isInvalidated: boolean } }

/** Somebody who came back may have scrolled through thousands of rows: they are asked for again if a change made them old. */
export const isAskedAgain = ({ state: { data, isInvalidated } }: Loaded): boolean =>
  isInvalidated || data === undefined || data.pages.length <= AGAIN_MAX

/** How a list goes on: every list of the API has the same form. */
export const paged = {
  initialPageParam: undefined as Cursor,
  getNextPageParam: (page: { next_cursor?: string | null }): Cursor => page.next_cursor ?? undefined,
  refetchOnMount: isAskedAgain,
  refetchOnReconnect: isAskedAgain,
  refetchOnWindowFocus: isAskedAgain,
}
