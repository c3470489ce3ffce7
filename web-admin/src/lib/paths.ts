//! Every address that the console leads to. Those inside are options of a link (`<Link {...paths.servers(tenant)}>`), so
//! that the compiler knows whether the route exists; those outside (`pages`) are served by the control plane.

import { linkOptions } from '@tanstack/react-router'

export const paths = {
  audit: (tenant: string) => linkOptions({ to: '/$tenant/activity/audit', params: { tenant } }),
  call: (tenant: string, call: string) =>
    linkOptions({ to: '/$tenant/activity/calls/$call', params: { tenant, call } }),
  calls: (tenant: string) => linkOptions({ to: '/$tenant/activity', params: { tenant } }),
  clients: (tenant: string) => linkOptions({ to: '/$tenant/settings/clients', params: { tenant } }),
  collaborators: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/collaborators', params: { tenant, server } }),
  domains: (tenant: string) => linkOptions({ to: '/$tenant/identity/domains', params: { tenant } }),
  group: (tenant: string, group: string) =>
    linkOptions({ to: '/$tenant/people/groups/$group', params: { tenant, group } }),
  groups: (tenant: string) => linkOptions({ to: '/$tenant/people/groups', params: { tenant } }),
  howToUse: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/how-to-use', params: { tenant, server } }),
  identity: (tenant: string) => linkOptions({ to: '/$tenant/identity', params: { tenant } }),
  identityProvider: (tenant: string, provider: string) =>
    linkOptions({ to: '/$tenant/identity/providers/$provider', params: { tenant, provider } }),
  invitations: (tenant: string) => linkOptions({ to: '/$tenant/people/invitations', params: { tenant } }),
  limit: (tenant: string, limitRule: string) =>
    linkOptions({ to: '/$tenant/limits/$limitRule', params: { tenant, limitRule } }),
  limits: (tenant: string) => linkOptions({ to: '/$tenant/limits', params: { tenant } }),
  me: (tenant: string) => linkOptions({ to: '/$tenant/me', params: { tenant } }),
  myKeys: (tenant: string) => linkOptions({ to: '/$tenant/me/keys', params: { tenant } }),
  mySessions: (tenant: string) => linkOptions({ to: '/$tenant/me/sessions', params: { tenant } }),
  newIdentityProvider: (tenant: string) =>
    linkOptions({ to: '/$tenant/identity/providers/new', params: { tenant } }),
  newLimit: (tenant: string) => linkOptions({ to: '/$tenant/limits/new', params: { tenant } }),
  newVirtualServer: (tenant: string) =>
    linkOptions({ to: '/$tenant/servers/new-virtual', params: { tenant } }),
  people: (tenant: string) => linkOptions({ to: '/$tenant/people', params: { tenant } }),
  provisioning: (tenant: string) => linkOptions({ to: '/$tenant/identity/provisioning', params: { tenant } }),
  registerServer: (tenant: string) => linkOptions({ to: '/$tenant/servers/new', params: { tenant } }),
  scim: (tenant: string) => linkOptions({ to: '/$tenant/identity/scim', params: { tenant } }),
  server: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server', params: { tenant, server } }),
  servers: (tenant: string) => linkOptions({ to: '/$tenant/servers', params: { tenant } }),
  serverAuthentication: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/authentication', params: { tenant, server } }),
  serverCalls: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/activity', params: { tenant, server } }),
  serverLimits: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/limits', params: { tenant, server } }),
  serverSettings: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/settings', params: { tenant, server } }),
  serverUsage: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/activity/usage', params: { tenant, server } }),
  serviceAccount: (tenant: string, account: string) =>
    linkOptions({ to: '/$tenant/people/service-accounts/$account', params: { tenant, account } }),
  serviceAccounts: (tenant: string) =>
    linkOptions({ to: '/$tenant/people/service-accounts', params: { tenant } }),
  settings: (tenant: string) => linkOptions({ to: '/$tenant/settings', params: { tenant } }),
  tools: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/tools', params: { tenant, server } }),
  usage: (tenant: string) => linkOptions({ to: '/$tenant/activity/usage', params: { tenant } }),
  user: (tenant: string, user: string) =>
    linkOptions({ to: '/$tenant/people/users/$user', params: { tenant, user } }),
}

/** Where operators are: beside the organisations, none of which can be called `system`. */
export const operations = {
  keys: () => linkOptions({ to: '/system/keys' }),
  node: (node: string) => linkOptions({ to: '/system/nodes/$node', params: { node } }),
  nodes: () => linkOptions({ to: '/system/nodes' }),
  tenant: (slug: string) => linkOptions({ to: '/system/tenants/$slug', params: { slug } }),
  tenants: () => linkOptions({ to: '/system/tenants' }),
}

type Parameters = Record<string, string | undefined>

function fromApi(tenant: string, rest: string, parameters: Parameters): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value)
  return `/api/v1/tenants/${encodeURIComponent(tenant)}/${rest}${query.size > 0 ? `?${query}` : ''}`
}

/** Files that the API writes while they are read, and streams: the browser goes there by itself. */
export const files = {
  audit: (tenant: string, parameters: Parameters = {}) => fromApi(tenant, 'audit/export', parameters),
  calls: (tenant: string, format: 'csv' | 'ndjson', parameters: Parameters = {}) =>
    fromApi(tenant, 'calls/export', { ...parameters, format }),
  tail: (tenant: string, parameters: Parameters = {}) => fromApi(tenant, 'calls/tail', parameters),
}

const page = (tenant: string, rest = '') => `/t/${encodeURIComponent(tenant)}/${rest}`

/** Where the router lives. */
export const basePath = '/console'

/** The word in the place of the tenant. */
export const SYSTEM = 'system'

/** Operators' sign-in, and back to `here`: a path with a query, as the address bar has it. */
export function operatorSignIn(here: string): string {
  const system = `${basePath}/${SYSTEM}/`
  const inside = here.startsWith(system) ? here.slice(system.length) : ''
  return `${system}sign-in${inside && `?to=${encodeURIComponent(inside)}`}`
}

/** Where they go on: what `operatorSignIn` noted. Whatever it says, it stays below `/console/system/`. */
export const afterSignIn = (to: string | undefined): string =>
  `${basePath}/${SYSTEM}/${to && !to.includes('..') && !to.startsWith('sign-in') ? to : 'tenants'}`

/** Pages that the control plane renders. */
export const pages = {
  /** Which organisation? */
  door: '/',
  home: (tenant: string) => page(tenant),
  connect: (tenant: string, serverSlug: string) => page(tenant, `connect/${encodeURIComponent(serverSlug)}`),
  connections: (tenant: string) => page(tenant, 'connections'),
  keys: (tenant: string) => page(tenant, 'keys'),
  security: (tenant: string) => page(tenant, 'security'),
  /** Sign in, and come back to `here`: a path with a query, as the address bar has it. */
  signIn: (tenant: string, here: string) => {
    const inside = here.startsWith(`${basePath}/${tenant}/`)
      ? here.slice(`${basePath}/${tenant}/`.length)
      : ''
    return page(tenant, `login?console=${encodeURIComponent(inside)}`)
  },
}
