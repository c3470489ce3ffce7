//! From the form of a group to the API's shape.

import type { Group, GroupPatch, TenantRole } from '@/api/types'

export type GroupMember = { id: string; user_name: string }

export type GroupForm = {
  display_name: string
  tenant_role: 'none' | 'auditor' | 'admin'
  /** All of them, as a document has them; left as they are if absent. */
  members?: readonly GroupMember[] | undefined
}

export const groupForm = (group?: Group): GroupForm => ({
  display_name: group?.display_name ?? '',
  // Others cannot be given by a group.
  tenant_role:
    group?.tenant_role === 'admin' || group?.tenant_role === 'auditor' ? group.tenant_role : 'none',
})

export const newGroup = ({ display_name, tenant_role }: GroupForm) => ({
  display_name,
  tenant_role: given(tenant_role),
})

/** Only what changed: the name of a group of SCIM may not even be named. */
export function groupPatch(group: Group, { display_name, tenant_role }: GroupForm): GroupPatch {
  const role = given(tenant_role)
  return {
    ...(display_name !== group.display_name && { display_name }),
    ...(role !== (group.tenant_role ?? null) && { tenant_role: role }),
  }
}

/** Who comes, and who goes: ids. */
export function membersChange(before: readonly GroupMember[], after: readonly GroupMember[]) {
  const without = (all: readonly GroupMember[], out: readonly GroupMember[]) => {
    const ids = new Set(out.map(({ id }) => id))
    return all.flatMap(({ id }) => (ids.has(id) ? [] : [id]))
  }
  return { add: without(after, before), remove: without(before, after) }
}

const given = (role: GroupForm['tenant_role']): TenantRole | null => (role === 'none' ? null : role)
