import { expect, test } from 'vitest'
import type { NamedSubject } from '@/api/types'
import { fieldOf, isCaller, overrideBody, sharedBody, storeBody } from './values'

const ana: NamedSubject = { kind: 'user', id: 'usr_1', display_name: 'Ana', user_name: 'ana', active: true }

test('nobody chosen means oneself', () => {
  const headers = [{ name: ' X-Key ', value: ' k ' }]
  expect(overrideBody({ whom: undefined, headers })).toEqual({ headers: [{ name: 'X-Key', value: 'k' }] })
  expect(overrideBody({ whom: ana, headers }).subject).toEqual({ kind: 'user', id: 'usr_1' })
  expect(storeBody({ whom: undefined, values: { token: 'k' } })).toEqual({ values: { token: 'k' } })
  expect(storeBody({ whom: ana, values: { token: 'k' } }).subject).toEqual({ kind: 'user', id: 'usr_1' })
})

test('a shared value that is not typed is not sent: the stored one stays', () => {
  const headers = [
    { name: 'authorization', value: 'Bearer new' },
    { name: 'x-team', value: '' },
  ]
  expect(sharedBody({ headers })).toEqual({
    kind: 'shared_header',
    headers: [{ name: 'authorization', value: 'Bearer new' }, { name: 'x-team' }],
  })
})

test('who can present something', () => {
  const kinds = ['user', 'group', 'service_account', 'everyone'] as const
  expect(kinds.filter(kind => isCaller({ ...ana, kind }))).toEqual(['user', 'service_account'])
})

test('where a refusal stands', () => {
  const check = (field: string, expected: string) => expect(fieldOf(field)).toBe(expected)
  check('outbound_auth.headers[1].value', 'headers.1.value')
  check('outbound_auth.headers', 'headers.0.name')
  check('subject.id', 'whom')
  check('subject.kind', 'whom')
  check('values.token', 'values.token')
})
