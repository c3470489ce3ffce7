//! What a limit does, in one plain sentence. Pure.

import type { KeyPart, LimitRuleSpec, LimitWindow } from '@/api/types'
import { count, plural } from '@/lib/units'

type Names = (id: string) => string

/** “Each caller may make at most 10 calls of search per second, at GitHub.” */
export function sentence(rule: Omit<LimitRuleSpec, 'name'>, name: Names): string {
  const beyond =
    rule.mode === 'audit'
      ? 'What is beyond is only counted: nothing is refused.'
      : 'What is beyond is refused, and told when to try again.'
  return `${whoWords(rule, name)} may make at most ${howMany(rule)} ${whereWords(rule, name)}. ${beyond}`
}

function whoWords({ key, subjects = [] }: Pick<LimitRuleSpec, 'key' | 'subjects'>, name: Names): string {
  const among = subjects.length === 0 ? '' : ` among ${listed(subjects.map(({ id }) => name(id)))}`
  return key.includes('subject') ? `Each caller${among}` : `All callers${among} together`
}

function howMany({ windows, tools = [] }: Pick<LimitRuleSpec, 'windows' | 'tools'>): string {
  const [first, ...more] = windows
  if (!first) return 'so many requests (say how many)'
  const noun = tools.length === 0 ? 'request' : 'call'
  const of = tools.length === 0 ? '' : ` of ${listed(tools)}`
  const begin = `${plural(first.limit, noun)}${of} per ${first.per}${burstWords(first)}`
  return listed([begin, ...more.map(windowWords)])
}

/** “2,000 per day (200 at once)”. */
export const windowWords = (window: LimitWindow): string =>
  `${count(window.limit)} per ${window.per}${burstWords(window)}`

const burstWords = ({ limit, burst }: LimitWindow) =>
  burst === null || burst === undefined || burst === limit ? '' : ` (${count(burst)} at once)`

function whereWords({ key, servers = [] }: Pick<LimitRuleSpec, 'key' | 'servers'>, name: Names): string {
  const names = servers.map(name)
  const apart = key.includes('tool') ? ', for each tool' : ''
  if (key.includes('server')) {
    const each =
      names.length === 0
        ? 'at each server'
        : names.length === 1
          ? `at ${names[0]}`
          : `at each of ${listed(names)}`
    return each + apart
  }
  if (names.length === 0) return `at all servers together${apart}`
  return `at ${listed(names)}${names.length > 1 ? ' together' : ''}${apart}`
}

const APART: Record<KeyPart, string> = {
  tenant: 'All together',
  subject: 'Caller',
  server: 'Server',
  tool: 'Tool',
}

/** What has a budget of its own, in a column. */
export const apartWords = (key: readonly KeyPart[]): string =>
  (['subject', 'server', 'tool'] as const)
    .filter(part => key.includes(part))
    .map((part, index) => (index === 0 ? APART[part] : APART[part].toLowerCase()))
    .join(' × ') || APART.tenant

const LISTED_MAX = 4

function listed(words: readonly string[]): string {
  if (words.length > LISTED_MAX) {
    return `${words.slice(0, LISTED_MAX - 1).join(', ')} and ${words.length - LISTED_MAX + 1} more`
  }
  return words.length < 2
    ? (words[0] ?? '')
    : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`
}
