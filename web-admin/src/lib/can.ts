//! What the signed-in person may do. Mirrors `allows` in control-plane/src/domain/access.rs, which decides; this only
//! saves people a click. Nothing is hidden for want of a right: it is disabled, and says why.

import type { Server, Session, TenantRole, User } from '@/api/types'

/** Allowed, or why not. */
export type May = { yes: true } | { yes: false; why: string }

const YES: May = { yes: true }
const no = (why: string): May => ({ yes: false, why })

const isAdmin = (role: TenantRole) => role === 'owner' || role === 'admin'
const isReader = (role: TenantRole) => isAdmin(role) || role === 'auditor'

/** For owners and admins. */
const admins =
  (what: string) =>
  ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no(`Only owners and admins ${what}.`)

/** For owners, admins and auditors. */
const readers =
  (what: string) =>
  ({ user }: Session): May =>
    isReader(user.role) ? YES : no(`Only owners, admins and auditors see ${what}.`)

const mayRead = (role: TenantRole) => role !== 'member'

export const can = {
  /** `ManageClients` */
  manageClients: ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no('Only owners and admins change OAuth clients.'),

  /** `ManageLimits` */
  manageLimits: ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no('Only owners and admins change limits.'),

  /** `ReadAllCalls` */
  readAllCalls: ({ user }: Session): May =>
    mayRead(user.role) ? YES : no('You see your own calls, and those of servers that you manage.'),

  /** `ReadAudit` */
  readAudit: ({ user }: Session): May =>
    mayRead(user.role) ? YES : no('Only owners, admins and auditors read the audit log.'),

  /** `ReadClients` */
  readClients: ({ user }: Session): May =>
    mayRead(user.role) ? YES : no('Only owners, admins and auditors see OAuth clients.'),

  /** `ReadLimits` */
  readLimits: ({ user }: Session): May =>
    mayRead(user.role) ? YES : no('Only owners, admins and auditors see limits.'),

  /** `ReadAllServers` */
  readAllServers: readers('servers that are not shared with them'),

  /** `RegisterServers` */
  registerServers: ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no('Only owners and admins register servers.'),

  /** `ManageAllServers`, or a manager of this one */
  manageServer: ({ user }: Session, server: Pick<Server, 'your_role'>): May =>
    isAdmin(user.role) || server.your_role === 'manager'
      ? YES
      : no('Only managers of this server change it.'),

  /** `ReadPeople` */
  readPeople: readers('the people of this organisation'),
  /** `ManagePeople` */
  managePeople: admins('invite or change people'),
  /** `ManagePeople`; for owners `ManageOwners` */
  changePerson: (session: Session, person: Pick<User, 'role' | 'assigned_role'>): May => {
    const isOwner = person.role === 'owner' || person.assigned_role === 'owner'
    if (isOwner && session.user.role !== 'owner') return no('Only owners change an owner.')
    return can.managePeople(session)
  },
  /** `ManageOwners` */
  manageOwners: ({ user }: Session): May =>
    user.role === 'owner' ? YES : no('Only owners give or take the owner role.'),
  /** `ManageGroups` */
  manageGroups: admins('change groups'),

  /** `ReadServiceAccounts` */
  readServiceAccounts: readers('service accounts'),
  /** `ManageServiceAccounts` */
  manageServiceAccounts: admins('change service accounts and their keys'),
  /** `RevokeAnyKey` */
  revokeAnyKey: admins('revoke other people’s API keys'),

  /** `ReadIdentity` */
  readIdentity: readers('identity providers'),
  /** `ManageIdentity` */
  manageIdentity: admins('change identity providers'),
  /** `ReadDomains` */
  readDomains: readers('e-mail domains'),
  /** `ManageDomains` */
  manageDomains: admins('change e-mail domains'),
  /** `ReadProvisioning` */
  readProvisioning: readers('how people are provisioned'),
  /** `ManageProvisioning` */
  manageProvisioning: admins('change how people are provisioned'),
  /** `ManageTenant` */
  manageTenant: admins('change the settings of this organisation'),
}
