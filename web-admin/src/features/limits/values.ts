//! The form's state, and the API's shape that it becomes. Pure.

import type { KeyPart, LimitRuleSpec, LimitSubject, LimitWarning, LimitWindow } from '@/api/types'

export const PERIODS = ['second', 'minute', 'hour', 'day'] as const
type Period = (typeof PERIODS)[number]

export type LimitValues = {
  name: string
  servers: string[]
  tools: string[]
  /** Ids; their prefix says of what. */
  subjects: string[]
  perSubject: boolean
  perServer: boolean
  perTool: boolean
  /** As typed. */
  windows: { limit: string; per: Period; burst: string }[]
  mode: 'enforce' | 'audit'
  withoutRedis: 'local_share' | 'refuse'
}

export const NEW_LIMIT: LimitValues = {
  name: '',
  servers: [],
  tools: [],
  subjects: [],
  perSubject: true,
  perServer: false,
  perTool: false,
  windows: [{ limit: '60', per: 'minute', burst: '' }],
  mode: 'enforce',
  withoutRedis: 'local_share',
}

export function valuesOf(rule: LimitRuleSpec): LimitValues {
  return {
    name: rule.name,
    servers: rule.servers ?? [],
    tools: rule.tools ?? [],
    subjects: (rule.subjects ?? []).map(subject => subject.id),
    perSubject: rule.key.includes('subject'),
    perServer: rule.key.includes('server'),
    perTool: rule.key.includes('tool'),
    windows: rule.windows.map(({ limit, per, burst }) => ({
      limit: String(limit),
      per,
      burst: burst === null || burst === undefined ? '' : String(burst),
    })),
    mode: rule.mode ?? 'enforce',
    withoutRedis: rule.without_redis ?? 'local_share',
  }
}

const KINDS = { usr: 'user', grp: 'group', sva: 'service_account' } as const

function subjectOf(id: string): LimitSubject {
  const kind = KINDS[id.slice(0, 3) as keyof typeof KINDS] ?? 'user'
  return { kind, id }
}

export function specOf(values: LimitValues): LimitRuleSpec {
  const parts: [KeyPart, boolean][] = [
    ['subject', values.perSubject],
    ['server', values.perServer],
    ['tool', values.perTool],
  ]
  const key = parts.filter(([, isApart]) => isApart).map(([part]) => part)
  return {
    name: values.name.trim(),
    servers: values.servers,
    tools: values.tools,
    subjects: values.subjects.map(subjectOf),
    key: key.length === 0 ? ['tenant'] : key,
    windows: values.windows.map(windowOf),
    mode: values.mode,
    without_redis: values.withoutRedis,
  }
}

function windowOf({ limit, per, burst }: LimitValues['windows'][number]): LimitWindow {
  return { limit: Number(limit), per, ...(burst.trim() === '' ? {} : { burst: Number(burst) }) }
}

const MOST_PER_SECOND = 10_000
const SECONDS = { second: 1, minute: 60, hour: 3_600, day: 86_400 }

/** What is wrong with a number, for rules that need no server. */
export function limitRule(text: string, per: Period): string | undefined {
  const most = MOST_PER_SECOND * SECONDS[per]
  const is = whole(text)
  if (is === undefined) return 'must be a whole number'
  if (is < 1) return 'must be at least 1; to let nothing through, take the access away'
  return is > most ? `must be at most ${most.toLocaleString('en')} per ${per}` : undefined
}

export function burstRule(text: string, limit: string): string | undefined {
  if (text.trim() === '') return undefined
  const is = whole(text)
  if (is === undefined) return 'must be a whole number, or empty'
  return is < 1 || is > Number(limit) ? 'must be at least 1 and at most the limit' : undefined
}

const whole = (text: string): number | undefined => (/^\d+$/.test(text.trim()) ? Number(text) : undefined)

/** The form's field for one of the API: `windows[1].limit` is `windows.1.limit`. */
export function fieldOf(field: string): string {
  const dotted = field.replace(/\[(\d+)\]/g, '.$1')
  if (dotted === 'key' || dotted.startsWith('key.')) return 'perSubject'
  if (dotted === 'without_redis') return 'withoutRedis'
  if (/^windows\.\d+$/.test(dotted)) return `${dotted}.limit`
  if (dotted === 'windows') return 'windows.0.limit'
  // The tokens of a list stand together.
  return dotted.replace(/^(servers|tools|subjects)\.\d+$/, '$1')
}

/** A warning as a sentence of its own. */
export function warningWords(
  { field, message }: LimitWarning,
  values: LimitValues,
  name: (id: string) => string,
) {
  const [, list, index] = field.match(/^(windows|tools|subjects)\[(\d+)\]/) ?? []
  return `${partWords(values, list, Number(index), name) ?? field} ${message.replace(/\.$/, '')}.`
}

function partWords(values: LimitValues, list: string | undefined, at: number, name: (id: string) => string) {
  const { [at]: window } = values.windows
  if (list === 'windows') return window && `${window.limit} per ${window.per}`
  const { [at]: part } = list === 'tools' ? values.tools : list === 'subjects' ? values.subjects : []
  return part && name(part)
}
