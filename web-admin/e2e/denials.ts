//! What each action of control-plane/src/domain/access.rs is in the console and at the API, and who may: that is read from
//! there, so that neither list can be older than the other.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Things } from './things'
import type { TenantRole } from './world'

const ACCESS = fileURLToPath(new URL('../../control-plane/src/domain/access.rs', import.meta.url))

/** Every action, and who may. */
export function permissions(): Map<string, Set<TenantRole>> {
  const source = readFileSync(ACCESS, 'utf8')
  const declared = source.match(/pub enum Action \{([^}]+)\}/)?.[1] ?? ''
  const actions = [...declared.matchAll(/^ {4}(\w+),$/gm)].map(([, name]) => name ?? '')
  const named = (pattern: RegExp) =>
    new Set([...source.matchAll(pattern)].flatMap(([, names]) => names?.split(' | ') ?? []))
  const notAdmins = named(/\(Admin, ([\w |]+)\) => false/g)
  const auditors = named(/\(Auditor, ([\w |]+)\) => true/g)
  const may = (action: string): TenantRole[] => [
    'owner',
    ...(notAdmins.has(action) ? [] : (['admin'] as const)),
    ...(auditors.has(action) ? (['auditor'] as const) : []),
  ]
  return new Map(actions.map(action => [action, new Set(may(action))]))
}

export type Known = Things & {
  /** A server that is granted to nobody. */
  hidden: string
}

/** How the page says no: `closed`, in the place of what it would show; `button` and `item` (of a menu) are disabled. */
export type Line = {
  action: string
  /** Below the tenant's part of the console. */
  page: (known: Known) => string
  closed?: RegExp
  button?: string
  item?: { menu: string; name: RegExp }
  /** The page itself is closed to members. */
  inside?: true
  /** The reason, on the button or in the item. */
  why?: string
  /** Asked when refused only: it would act. */
  asks: (known: Known) => { method: string; path: string; body?: object }
  /** 404 where it must not be known that it is there: for all, or for members. */
  status?: number
  toMembers?: number
}

const get = (path: string) => ({ method: 'GET', path })
const post = (path: string, body: object) => ({ method: 'POST', path, body })
const onlyAdmins = (what: string) => `Only owners and admins ${what}.`

export const LINES: readonly Line[] = [
  {
    action: 'ManageTenant',
    page: () => 'settings',
    button: 'Turn all calls off',
    why: onlyAdmins('change the settings of this organisation'),
    asks: () => ({ method: 'PATCH', path: '', body: { settings: { call_log_days: 30 } } }),
  },
  {
    action: 'ReadPeople',
    page: () => 'people',
    closed: /Only owners, admins and auditors see the people of this organisation\. Yours is member/,
    asks: () => get('users'),
  },
  {
    action: 'ManagePeople',
    page: () => 'people',
    button: 'Invite somebody',
    why: onlyAdmins('invite or change people'),
    asks: () => post('invitations', { email: 'eve@example.com', role: 'member', delivery: 'by_hand' }),
  },
  {
    action: 'ManageOwners',
    page: ({ user }) => `people/users/${user}`,
    inside: true,
    button: 'Sign out everywhere',
    why: 'Only owners change an owner.',
    asks: ({ user }) => ({ method: 'PATCH', path: `users/${user}`, body: { role: 'member' } }),
  },
  {
    action: 'ReadAllServers',
    page: ({ hidden }) => `servers/${hidden}`,
    closed: /not shared with you/,
    asks: ({ hidden }) => get(`servers/${hidden}`),
    status: 404,
  },
  {
    action: 'RegisterServers',
    page: () => 'servers',
    button: 'Register server',
    why: onlyAdmins('register servers'),
    asks: () =>
      post('servers', { slug: 'eves', display_name: 'Eve', upstream_url: 'https://eve.example/mcp' }),
  },
  {
    action: 'ManageAllServers',
    page: ({ server }) => `servers/${server}/settings`,
    closed: /Only managers of this server change it\./,
    asks: ({ server }) => ({ method: 'PATCH', path: `servers/${server}`, body: { description: 'Eve’s' } }),
  },
  {
    action: 'ReadAllCalls',
    page: ({ call }) => `activity/calls/${call}`,
    closed: /not shared with you/,
    asks: ({ call }) => get(`calls/${call}`),
    status: 404,
  },
  {
    action: 'ReadAudit',
    page: () => 'activity/audit',
    closed: /The audit log is not yours to read/,
    asks: () => get('audit'),
  },
  {
    action: 'ReadAllKeys',
    page: ({ user }) => `people/users/${user}`,
    closed: /You may not do this/,
    asks: ({ user }) => get(`keys?user=${user}`),
  },
  {
    action: 'RevokeAnyKey',
    page: ({ user }) => `people/users/${user}`,
    inside: true,
    item: { menu: 'Actions for the key Nightly report', name: /^Revoke…/ },
    why: onlyAdmins('revoke other people’s API keys'),
    asks: ({ key }) => ({ method: 'DELETE', path: `keys/${key}` }),
    toMembers: 404,
  },
  {
    action: 'ReadServiceAccounts',
    page: () => 'people/service-accounts',
    closed: /Only owners, admins and auditors see service accounts/,
    asks: () => get('service-accounts'),
  },
  {
    action: 'ManageServiceAccounts',
    page: () => 'people/service-accounts',
    button: 'Create a service account',
    why: onlyAdmins('change service accounts and their keys'),
    asks: () => post('service-accounts', { name: 'eve' }),
  },
  {
    action: 'ManageGroups',
    page: () => 'people/groups',
    button: 'Create a group',
    why: onlyAdmins('change groups'),
    asks: () => post('groups', { display_name: 'Eve’s' }),
  },
  {
    action: 'ReadIdentity',
    page: () => 'identity',
    closed: /Only owners, admins and auditors see identity providers/,
    asks: () => get('identity-providers'),
  },
  {
    action: 'ManageIdentity',
    page: () => 'identity',
    button: 'Add a provider',
    why: onlyAdmins('change identity providers'),
    asks: () => post('identity-providers', { label: 'Eve', issuer: 'https://eve.example', client_id: 'eve' }),
  },
  {
    action: 'ReadClients',
    page: () => 'settings/clients',
    closed: /OAuth clients are not yours to see/,
    asks: () => get('clients'),
  },
  {
    action: 'ManageClients',
    page: () => 'settings/clients',
    inside: true,
    item: { menu: 'Actions for Internal tool', name: /^Delete/ },
    why: onlyAdmins('change OAuth clients'),
    asks: () => post('clients', { name: 'Eve', redirect_uris: ['http://localhost/eve'], auth: 'none' }),
  },
  {
    action: 'ReadProvisioning',
    page: () => 'identity/scim',
    closed: /Only owners, admins and auditors see how people are provisioned/,
    asks: () => get('scim'),
  },
  {
    action: 'ManageProvisioning',
    page: () => 'identity/scim',
    inside: true,
    button: 'Create a token',
    why: onlyAdmins('change how people are provisioned'),
    asks: () => post('scim/tokens', { name: 'Eve' }),
  },
  {
    action: 'ReadDomains',
    page: () => 'identity/domains',
    closed: /Only owners, admins and auditors see e-mail domains/,
    asks: () => get('domains'),
  },
  {
    action: 'ManageDomains',
    page: () => 'identity/domains',
    button: 'Add a domain',
    why: onlyAdmins('change e-mail domains'),
    asks: () => post('domains', { name: 'eve.example' }),
  },
  {
    action: 'ReadLimits',
    page: () => 'limits',
    closed: /Limits are not yours to see/,
    asks: () => get('limit-rules'),
  },
  {
    action: 'ManageLimits',
    page: () => 'limits',
    button: 'New limit',
    why: onlyAdmins('change limits'),
    asks: () => post('limit-rules', { name: 'Eve', key: ['tenant'], windows: [{ limit: 1, per: 'day' }] }),
  },
]
