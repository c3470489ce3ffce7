import { expect, test } from 'vitest'
import type { Session, TenantRole } from '@/api/types'
import { both, deliveryWords, endedWords, ownedHere, roleChoices } from './words'

const as = (role: TenantRole) => ({ user: { role } }) as Session

test('the owner role is an owner’s to give', () => {
  const ownerChoice = (role: TenantRole) => roleChoices(as(role)).find(choice => choice.value === 'owner')
  expect(ownerChoice('owner')?.may).toEqual({ yes: true })
  expect(ownerChoice('admin')?.may).toMatchObject({ yes: false })
})

test('people of an identity provider are changed there', () => {
  expect(ownedHere({ source: 'local' }).yes).toBe(true)
  expect(ownedHere({ source: 'jit' }).yes).toBe(true)
  expect(ownedHere({ source: 'scim' }).yes).toBe(false)
  expect(both({ yes: true }, ownedHere({ source: 'scim' }))).toMatchObject({ yes: false })
})

test('how an invitation travels', () => {
  expect(deliveryWords({ state: 'by_hand' })).toBe('Link passed on by hand')
  expect(deliveryWords({ state: 'failed', reason: 'no such mailbox' })).toBe('Not mailed: no such mailbox')
  expect(deliveryWords({ state: 'pending', reason: null })).toBe('About to be mailed')
})

test('what signing out ended', () => {
  expect(endedWords({ sessions: 0, connections: 0, api_keys: 0 })).toBe('Nothing was signed in')
  expect(endedWords({ sessions: 2, connections: 1, api_keys: 0 })).toBe(
    'Signed out of 2 browsers and 1 client',
  )
  expect(endedWords({ sessions: 1, connections: 1, api_keys: 3 })).toBe(
    'Signed out of 1 browser, 1 client and 3 API keys',
  )
})
