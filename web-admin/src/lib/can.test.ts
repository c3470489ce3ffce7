import { expect, test } from 'vitest'
import type { Session, TenantRole } from '@/api/types'
import { can, type May } from './can'

const as = (role: TenantRole) => ({ user: { role } }) as Session
const ROLES: TenantRole[] = ['owner', 'admin', 'auditor', 'member']
const allowed = (may: (session: Session) => May) => ROLES.filter(role => may(as(role)).yes)

test('who may what, as access.rs has it', () => {
  expect(allowed(can.registerServers)).toEqual(['owner', 'admin'])
  for (const manage of [can.manageClients, can.manageLimits, can.manageTenant]) {
    expect(allowed(manage)).toEqual(['owner', 'admin'])
  }
  for (const read of [can.readAllCalls, can.readAudit, can.readClients, can.readLimits, can.readPeople]) {
    expect(allowed(read)).toEqual(['owner', 'admin', 'auditor'])
  }
  expect(allowed(session => can.manageServer(session, { your_role: 'user' }))).toEqual(['owner', 'admin'])
  expect(allowed(session => can.manageServer(session, { your_role: 'manager' }))).toEqual(ROLES)

  const admins = ['owner', 'admin']
  const readers = ['owner', 'admin', 'auditor']
  for (const may of [can.readPeople, can.readServiceAccounts, can.readIdentity, can.readDomains]) {
    expect(allowed(may)).toEqual(readers)
  }
  expect(allowed(can.readProvisioning)).toEqual(readers)
  for (const may of [can.managePeople, can.manageGroups, can.manageServiceAccounts, can.revokeAnyKey]) {
    expect(allowed(may)).toEqual(admins)
  }
  for (const may of [can.manageIdentity, can.manageDomains, can.manageProvisioning, can.manageTenant]) {
    expect(allowed(may)).toEqual(admins)
  }
  expect(allowed(can.manageOwners)).toEqual(['owner'])
})

test('owners are changed by owners', () => {
  const by = (role: TenantRole, assigned_role: TenantRole) =>
    allowed(session => can.changePerson(session, { role, assigned_role }))
  expect(by('member', 'member')).toEqual(['owner', 'admin'])
  expect(by('admin', 'member')).toEqual(['owner', 'admin'])
  expect(by('owner', 'owner')).toEqual(['owner'])
})
