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
})
