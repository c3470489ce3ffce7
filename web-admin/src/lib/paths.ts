//! Every address that the console leads to. Those inside are options of a link (`<Link {...paths.servers(tenant)}>`), so
//! that the compiler knows whether the route exists; those outside (`pages`) are served by the control plane.

import { linkOptions } from '@tanstack/react-router'

export const paths = {
  collaborators: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/collaborators', params: { tenant, server } }),
  howToUse: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/how-to-use', params: { tenant, server } }),
  registerServer: (tenant: string) => linkOptions({ to: '/$tenant/servers/new', params: { tenant } }),
  domains: (tenant: string) => linkOptions({ to: '/$tenant/identity/domains', params: { tenant } }),
  group: (tenant: string, group: string) =>
    linkOptions({ to: '/$tenant/people/groups/$group', params: { tenant, group } }),
  groups: (tenant: string) => linkOptions({ to: '/$tenant/people/groups', params: { tenant } }),
  identity: (tenant: string) => linkOptions({ to: '/$tenant/identity', params: { tenant } }),
  identityProvider: (tenant: string, provider: string) =>
    linkOptions({ to: '/$tenant/identity/providers/$provider', params: { tenant, provider } }),
  invitations: (tenant: string) => linkOptions({ to: '/$tenant/people/invitations', params: { tenant } }),
  newIdentityProvider: (tenant: string) =>
    linkOptions({ to: '/$tenant/identity/providers/new', params: { tenant } }),
  people: (tenant: string) => linkOptions({ to: '/$tenant/people', params: { tenant } }),
  provisioning: (tenant: string) => linkOptions({ to: '/$tenant/identity/provisioning', params: { tenant } }),
  scim: (tenant: string) => linkOptions({ to: '/$tenant/identity/scim', params: { tenant } }),
  server: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server', params: { tenant, server } }),
  serverSettings: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/settings', params: { tenant, server } }),
  servers: (tenant: string) => linkOptions({ to: '/$tenant/servers', params: { tenant } }),
  tools: (tenant: string, server: string) =>
    linkOptions({ to: '/$tenant/servers/$server/tools', params: { tenant, server } }),
  serviceAccount: (tenant: string, account: string) =>
    linkOptions({ to: '/$tenant/people/service-accounts/$account', params: { tenant, account } }),
  serviceAccounts: (tenant: string) =>
    linkOptions({ to: '/$tenant/people/service-accounts', params: { tenant } }),
  user: (tenant: string, user: string) =>
    linkOptions({ to: '/$tenant/people/users/$user', params: { tenant, user } }),
}

const page = (tenant: string, rest = '') => `/t/${encodeURIComponent(tenant)}/${rest}`

/** Where the router lives. */
export const basePath = '/console'

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
