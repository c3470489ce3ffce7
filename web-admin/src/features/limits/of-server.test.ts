import { expect, test } from 'vitest'
import type { LimitRule } from '@/api/types'
import { limitsOf } from './of-server'

const rule = (name: string, servers?: string[]): LimitRule => ({
  id: name,
  name,
  servers,
  key: ['subject'],
  windows: [{ limit: 1, per: 'second' }],
  created_at: '',
  updated_at: '',
})

test('a limit holds at the servers that it names, and at all if it names none', () => {
  const rules = [rule('here', ['srv_2', 'srv_1']), rule('there', ['srv_2']), rule('all', []), rule('old')]
  const { own, all } = limitsOf(rules, 'srv_1')
  expect(own.map(({ name }) => name)).toEqual(['here'])
  expect(all.map(({ name }) => name)).toEqual(['all', 'old'])
})
