//! What the signed-in person may do. Mirrors `allows` in control-plane/src/domain/access.rs, which decides; this only
//! saves people a click. Nothing is hidden for want of a right: it is disabled, and says why.

import type { Server, Session, TenantRole } from '@/api/types'

/** Allowed, or why not. */
export type May = { yes: true } | { yes: false; why: string }

const YES: May = { yes: true }
const no = (why: string): May => ({ yes: false, why })

const isAdmin = (role: TenantRole) => role === 'owner' || role === 'admin'

export const can = {
  /** `RegisterServers` */
  registerServers: ({ user }: Session): May =>
    isAdmin(user.role) ? YES : no('Only owners and admins register servers.'),

  /** `ManageAllServers`, or a manager of this one */
  manageServer: ({ user }: Session, server: Pick<Server, 'your_role'>): May =>
    isAdmin(user.role) || server.your_role === 'manager'
      ? YES
      : no('Only managers of this server change it.'),
}
