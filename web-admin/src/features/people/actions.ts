//! Every change to people, invitations, groups and service accounts.

import { api, take } from '@/api/client'
import type { GroupPatch, TenantRole } from '@/api/types'
import { useChange } from '@/lib/change'

export function useUserActions(user: string) {
  const { tenant, change } = useChange()
  const path = { tenant, user }
  const patch = (body: { display_name: string } | { role: TenantRole } | { status: Status }) =>
    change(
      take(api.PATCH('/api/v1/tenants/{tenant}/users/{user}', { params: { path }, body })),
      'users',
      'groups',
      'session',
      'apiKeys',
    )
  return {
    rename: (display_name: string) => patch({ display_name }),
    setRole: (role: TenantRole) => patch({ role }),
    setStatus: (status: Status) => patch({ status }),
    signOut: (api_keys: boolean) =>
      change(
        take(
          api.POST('/api/v1/tenants/{tenant}/users/{user}/sign-out', {
            params: { path },
            body: { api_keys },
          }),
        ),
        'users',
        'apiKeys',
      ),
    endSession: (session: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/users/{user}/sessions/{session}', {
            params: { path: { ...path, session } },
          }),
        ),
        'users',
      ),
    disconnect: (connection: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/users/{user}/connections/{connection}', {
            params: { path: { ...path, connection } },
          }),
        ),
        'users',
      ),
    unbind: (identity: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/users/{user}/identities/{identity}', {
            params: { path: { ...path, identity } },
          }),
        ),
        'users',
      ),
    resetSecondFactor: () =>
      change(
        take(api.DELETE('/api/v1/tenants/{tenant}/users/{user}/second-factor', { params: { path } })),
        'users',
      ),
    /** From now on the identity provider decides about them. */
    handOver: () =>
      change(take(api.PUT('/api/v1/tenants/{tenant}/scim/users/{user}', { params: { path } })), 'users'),
    takeBack: () =>
      change(take(api.DELETE('/api/v1/tenants/{tenant}/scim/users/{user}', { params: { path } })), 'users'),
  }
}

type Status = 'active' | 'deactivated'

export function useInvitationActions() {
  const { tenant, change } = useChange()
  return {
    invite: (body: { email: string; role: TenantRole; delivery?: 'mail' | 'by_hand' }) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/invitations', { params: { path: { tenant } }, body })),
        'invitations',
      ),
    revoke: (invitation: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/invitations/{invitation}', {
            params: { path: { tenant, invitation } },
          }),
        ),
        'invitations',
      ),
  }
}

/** Of those who come, and of those who go: the API takes a thousand in all. */
const PEOPLE_AT_ONCE = 500

export function useGroupActions() {
  const { tenant, change, remove } = useChange()
  const changeMembers = (group: string, body: { add?: string[]; remove?: string[] }) =>
    change(
      take(
        api.PATCH('/api/v1/tenants/{tenant}/groups/{group}/members', {
          params: { path: { tenant, group } },
          body: { add: [], remove: [], ...body },
        }),
      ),
      'groups',
      'users',
      'session',
    )
  return {
    create: (body: { display_name: string; tenant_role: TenantRole | null }) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/groups', { params: { path: { tenant } }, body })),
        'groups',
      ),
    update: (group: string, body: GroupPatch) =>
      change(
        take(
          api.PATCH('/api/v1/tenants/{tenant}/groups/{group}', { params: { path: { tenant, group } }, body }),
        ),
        'groups',
        'users',
        'session',
      ),
    remove: (group: string) =>
      remove(
        take(api.DELETE('/api/v1/tenants/{tenant}/groups/{group}', { params: { path: { tenant, group } } })),
        group,
        'groups',
        'users',
        'session',
      ),
    /** Any number of people, as many at a time as the API takes. */
    setMembers: async (group: string, { add, remove }: { add: string[]; remove: string[] }) => {
      for (let at = 0; at < Math.max(add.length, remove.length); at += PEOPLE_AT_ONCE) {
        const some = (ids: string[]) => ids.slice(at, at + PEOPLE_AT_ONCE)
        await changeMembers(group, { add: some(add), remove: some(remove) })
      }
    },
    add: (group: string, add: string[]) => changeMembers(group, { add }),
    takeOut: (group: string, user: string) => changeMembers(group, { remove: [user] }),
  }
}

export function useServiceAccountActions() {
  const { tenant, change, remove } = useChange()
  return {
    create: (body: { name: string; description: string }) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/service-accounts', { params: { path: { tenant } }, body })),
        'serviceAccounts',
      ),
    update: (service_account: string, body: { name?: string; description?: string; status?: Status }) =>
      change(
        take(
          api.PATCH('/api/v1/tenants/{tenant}/service-accounts/{service_account}', {
            params: { path: { tenant, service_account } },
            body,
          }),
        ),
        'serviceAccounts',
        'apiKeys',
      ),
    remove: (service_account: string) =>
      remove(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/service-accounts/{service_account}', {
            params: { path: { tenant, service_account } },
          }),
        ),
        service_account,
        'serviceAccounts',
        'apiKeys',
      ),
  }
}
