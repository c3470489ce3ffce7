//! What the signed-in person may do. Mirrors `allows` in control-plane/src/domain/access.rs, which decides; this only
//! saves people a click. Nothing is hidden for want of a right: it is disabled, and says why.

import type { Server, Session, TenantRole } from '@/api/types'

/** Allowed, or why not. */
export type May = { yes: true } | { yes: false; why: string }

const YES: May = { yes: true }
const no = (why: string): May => ({ yes: false, why })

const isAdmin = (role: TenantRole) => role === 'owner' || role === 'admin'

const mayRead = (role: TenantRole) => role !== 'member'

export const can = {
  /** `ManageClients` */
  manageClients: ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no('Only owners and admins change OAuth clients.'),

  /** `ManageLimits` */
  manageLimits: ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no('Only owners and admins change limits.'),

  /** `ManageTenant` */
  manageTenant: ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no('Only owners and admins change the settings.'),

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

  /** `ReadPeople`, `ReadServiceAccounts` */
  readPeople: ({ user }: Session): May =>
    mayRead(user.role) ? YES : no('Only owners, admins and auditors see people.'),

  /** `RegisterServers` */
  registerServers: ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no('Only owners and admins register servers.'),

  /** `ManageAllServers`, or a manager of this one */
  manageServer: ({ user }: Session, server: Pick<Server, 'your_role'>): May =>
    isAdmin(user.role) || server.your_role === 'manager'
      ? YES
      : no('Only managers of this server change it.'),
}
