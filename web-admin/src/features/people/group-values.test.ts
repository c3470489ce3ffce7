import { expect, test } from 'vitest'
import type { Group } from '@/api/types'
import { groupForm, groupPatch, newGroup } from './group-values'

const group = { display_name: 'Platform', tenant_role: 'admin' } as Group

test('no role is null, which is something else than no change', () => {
  expect(newGroup({ display_name: 'Sales', tenant_role: 'none' })).toEqual({
    display_name: 'Sales',
    tenant_role: null,
  })
  expect(groupPatch(group, groupForm(group))).toEqual({})
  expect(groupPatch(group, { ...groupForm(group), tenant_role: 'none' })).toEqual({ tenant_role: null })
  expect(groupPatch(group, { display_name: 'Site', tenant_role: 'admin' })).toEqual({ display_name: 'Site' })
})

test('a group without a role shows as such', () => {
  expect(groupForm({ ...group, tenant_role: null })).toEqual({
    display_name: 'Platform',
    tenant_role: 'none',
  })
  expect(groupForm()).toEqual({ display_name: '', tenant_role: 'none' })
})
