import { expect, test } from 'vitest'
import { keyBody, keyFieldOf, keyState, NEW_KEY } from './key-values'

test('what the form becomes', () => {
  expect(keyBody({ ...NEW_KEY, name: ' Laptop ' })).toEqual({ name: 'Laptop', expires_in_days: 90 })
  expect(keyBody({ ...NEW_KEY, expires: 'never', reach: 'chosen', servers: ['srv_1'] })).toEqual({
    name: '',
    never_expires: true,
    server_ids: ['srv_1'],
  })
  // Chosen before, and then not meant.
  expect(keyBody({ ...NEW_KEY, servers: ['srv_1'] }).server_ids).toBeUndefined()
  expect(['server_ids[0]', 'expires_in_days', 'name'].map(keyFieldOf)).toEqual(['servers', 'expires', 'name'])
})

test('what to say of a key', () => {
  const now = Date.parse('2026-11-28T12:00:00Z')
  const check = (key: Partial<Parameters<typeof keyState>[0]>, expected: string | undefined) =>
    expect(keyState({ status: 'active', ...key }, now)?.label).toBe(expected)
  check({}, undefined)
  check({ expires_at: '2027-06-01T00:00:00Z' }, undefined)
  check({ expires_at: '2026-12-01T00:00:00Z' }, 'Ends soon')
  check({ expires_at: '2026-12-01T00:00:00Z', successor_id: 'key_2' }, 'Replaced, ends soon')
  check({ status: 'expired' }, 'Expired')
  check({ status: 'revoked' }, 'Revoked')
})
