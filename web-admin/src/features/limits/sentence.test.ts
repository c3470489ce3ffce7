import { expect, test } from 'vitest'
import type { LimitRuleSpec } from '@/api/types'
import { apartWords, sentence } from './sentence'

const rule: LimitRuleSpec = {
  name: 'Five',
  key: ['subject'],
  windows: [{ limit: 5, per: 'minute' }],
}
const names: Record<string, string> = { srv_1: 'GitHub', srv_2: 'Linear', grp_1: 'Contractors' }
const name = (id: string) => names[id] ?? id

test('what a limit does', () => {
  const beyond = 'What is beyond is refused, and told when to try again.'
  const check = (change: Partial<LimitRuleSpec>, expected: string) =>
    expect(sentence({ ...rule, ...change }, name)).toBe(expected)
  check({}, `Each caller may make at most 5 requests per minute at all servers together. ${beyond}`)
  check(
    {
      servers: ['srv_1', 'srv_2'],
      tools: ['search'],
      subjects: [{ kind: 'group', id: 'grp_1' }],
      key: ['tool', 'server', 'subject'],
      windows: [
        { limit: 10, per: 'second' },
        { limit: 2_000, per: 'day', burst: 200 },
      ],
    },
    `Each caller among Contractors may make at most 10 calls of search per second and 2,000 per day (200 at once) at each of GitHub and Linear, for each tool. ${beyond}`,
  )
  check(
    { mode: 'audit', key: ['tenant'], servers: ['srv_1', 'srv_2'], windows: [{ limit: 1, per: 'hour' }] },
    'All callers together may make at most 1 request per hour at GitHub and Linear together. What is beyond is only counted: nothing is refused.',
  )
  check(
    { windows: [] },
    `Each caller may make at most so many requests (say how many) at all servers together. ${beyond}`,
  )
  check(
    { tools: ['a', 'b', 'c', 'd', 'e', 'f'], key: ['server'], servers: ['srv_1'] },
    `All callers together may make at most 5 calls of a, b, c and 3 more per minute at GitHub. ${beyond}`,
  )
})

test('what is counted apart', () => {
  expect(apartWords(['tenant'])).toBe('All together')
  expect(apartWords(['tenant', 'server'])).toBe('Server')
  expect(apartWords(['tool', 'server', 'subject'])).toBe('Caller × server × tool')
})
