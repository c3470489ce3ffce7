import { expect, test } from 'vitest'
import type { LimitRuleSpec } from '@/api/types'
import { burstRule, fieldOf, limitRule, NEW_LIMIT, specOf, valuesOf, warningWords } from './values'

const whole: LimitRuleSpec = {
  name: 'Searches',
  servers: ['srv_1'],
  tools: ['search'],
  subjects: [
    { kind: 'group', id: 'grp_1' },
    { kind: 'user', id: 'usr_1' },
    { kind: 'service_account', id: 'sva_1' },
  ],
  key: ['subject', 'tool'],
  windows: [
    { limit: 10, per: 'second' },
    { limit: 2_000, per: 'day', burst: 200 },
  ],
  mode: 'audit',
  without_redis: 'refuse',
}

test('a rule goes into the form and comes out the same', () => {
  expect(specOf(valuesOf(whole))).toEqual(whole)
  expect(specOf({ ...NEW_LIMIT, perSubject: false }).key).toEqual(['tenant'])
})

test('numbers', () => {
  expect([limitRule('60', 'minute'), limitRule('600000', 'minute')]).toEqual([undefined, undefined])
  expect(limitRule('600001', 'minute')).toContain('600,000')
  expect(limitRule('0', 'day')).toContain('at least 1')
  expect(limitRule('1.5', 'day')).toContain('whole')
  expect([burstRule('', '5'), burstRule('5', '5')]).toEqual([undefined, undefined])
  expect(burstRule('6', '5')).toContain('at most the limit')
})

test('where a refusal stands', () => {
  const check = (field: string, expected: string) => expect(fieldOf(field)).toBe(expected)
  check('name', 'name')
  check('windows[1].limit', 'windows.1.limit')
  check('windows[1]', 'windows.1.limit')
  check('windows', 'windows.0.limit')
  check('tools[3]', 'tools')
  check('key[1]', 'perSubject')
})

test('warnings name what they are about', () => {
  const check = (field: string, message: string, expected: string) =>
    expect(
      warningWords({ code: '', field, message }, valuesOf(whole), id => (id === 'grp_1' ? 'Ops' : id)),
    ).toBe(expected)
  check('windows[1]', 'never refuses anything', '2000 per day never refuses anything.')
  check('tools[0]', 'is offered by none.', 'search is offered by none.')
  check('key', 'has tenant without effect', 'key has tenant without effect.')
  check('subjects[0]', 'is deactivated', 'Ops is deactivated.')
})
