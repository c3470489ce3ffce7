import { expect, test } from 'vitest'
import { expiryOf, newKey } from './key-values'

test('when a key ends', () => {
  expect(expiryOf('90')).toEqual({ expires_in_days: 90, never_expires: false })
  expect(expiryOf('never')).toEqual({ never_expires: true })
})

test('a key reaches all of what its owner may use, unless servers are named', () => {
  const form = { name: 'Pipeline', expiry: '30', servers: ['srv_1'] }
  expect(newKey({ ...form, reach: 'all' })).toEqual({
    name: 'Pipeline',
    expires_in_days: 30,
    never_expires: false,
  })
  expect(newKey({ ...form, reach: 'some' })).toMatchObject({ server_ids: ['srv_1'] })
  // The API says that one is missing, beside the field.
  expect(newKey({ ...form, reach: 'some', servers: [] })).toMatchObject({ server_ids: [] })
})
