//! A limit as the document that `portway apply` takes (docs/limits.md), and back.

import type { Format } from '@/lib/document/format'
import type { DocumentNames } from '@/lib/document/names'
import { API_VERSION, camel, type Fields, type Node, oneOf, type Reader } from '@/lib/document/reader'
import { idsOf, isFound, type Sought } from '@/lib/document/sought'
import { type LimitValues, NEW_LIMIT, PERIODS, specOf } from './values'

const KNOWN = ['servers', 'tools', 'subjects', 'key', 'windows', 'mode', 'withoutRedis']
const PARTS = ['tenant', 'subject', 'server', 'tool'] as const
const MODES = ['enforce', 'audit'] as const
const WITHOUT_REDIS = ['local_share', 'refuse'] as const
const SUBJECTS = { user: 'user', group: 'group', service_account: 'serviceAccount' } as const

export const limitFormat = (names: DocumentNames): Format<LimitValues> => ({
  write: values => documentOf(values, names),
  read: async (root, reader) => {
    const head = reader.head(root, 'LimitRule', 'name', KNOWN)
    return head && valuesOf(head.name, head.spec, reader, names)
  },
})

async function documentOf(values: LimitValues, names: DocumentNames): Promise<object> {
  const { name, servers = [], tools = [], subjects = [], key, windows, mode, without_redis } = specOf(values)
  const [slugs, called] = await Promise.all([
    Promise.all(servers.map(names.nameOf)),
    Promise.all(subjects.map(async ({ kind, id }) => ({ [SUBJECTS[kind]]: await names.nameOf(id) }))),
  ])
  return {
    apiVersion: API_VERSION,
    kind: 'LimitRule',
    metadata: { name },
    spec: {
      ...(slugs.length > 0 && { servers: slugs }),
      ...(tools.length > 0 && { tools }),
      ...(called.length > 0 && { subjects: called }),
      key,
      windows,
      mode,
      withoutRedis: camel(without_redis ?? NEW_LIMIT.withoutRedis),
    },
  }
}

async function valuesOf(
  name: string,
  spec: Fields,
  reader: Reader,
  names: DocumentNames,
): Promise<LimitValues> {
  spec.needed('key')
  spec.needed('windows')
  const key = spec.list('key', (item, field) => oneOf(reader, item, field, PARTS)) ?? []
  const windows = spec.list('windows', (item, field) => window(item, field, reader)) ?? []
  const without = spec.word('withoutRedis', WITHOUT_REDIS.map(camel))
  const [servers, subjects] = await Promise.all([
    idsOf(serversOf(spec, reader, names), reader),
    idsOf(subjectsOf(spec, reader, names), reader),
  ])
  return {
    name,
    servers: servers.filter(isFound),
    tools: spec.words('tools') ?? [],
    subjects: subjects.filter(isFound),
    perSubject: key.includes('subject'),
    perServer: key.includes('server'),
    perTool: key.includes('tool'),
    windows,
    mode: spec.word('mode', MODES) ?? 'enforce',
    withoutRedis: WITHOUT_REDIS.find(one => camel(one) === without) ?? 'local_share',
  }
}

function window(item: Node, field: string, reader: Reader): LimitValues['windows'][number] | undefined {
  const found = reader.map(item, field, ['limit', 'per', 'burst'])
  found?.needed('limit')
  found?.needed('per')
  const limit = found?.whole('limit')
  const per = found?.word('per', PERIODS)
  const burst = found?.whole('burst')
  if (limit === undefined || per === undefined) return undefined
  return { limit: String(limit), per, burst: burst === undefined ? '' : String(burst) }
}

function serversOf(spec: Fields, reader: Reader, names: DocumentNames): Sought[] {
  const sought = spec.list('servers', (item, field): Sought | undefined => {
    const slug = reader.text(item, field)
    return slug === undefined
      ? undefined
      : { line: item.line, field, what: `server ${slug}`, id: names.server(slug) }
  })
  return sought ?? []
}

function subjectsOf(spec: Fields, reader: Reader, names: DocumentNames): Sought[] {
  const sought = spec.list('subjects', (item, field): Sought | undefined => {
    const subject = reader.map(item, field, Object.values(SUBJECTS))
    const { line } = item
    const [user, group, account] = [
      subject?.optional('user'),
      subject?.optional('group'),
      subject?.optional('serviceAccount'),
    ]
    if ([user, group, account].filter(one => one !== undefined).length !== 1)
      return reader.wrong(line, field, 'must name one of user (an e-mail address), group and serviceAccount')
    if (user !== undefined) return { line, field, what: `person ${user}`, id: names.user(user) }
    if (group !== undefined) return { line, field, what: `group ${group}`, id: names.group(group) }
    const name = account ?? ''
    return { line, field, what: `service account ${name}`, id: names.serviceAccount(name) }
  })
  return sought ?? []
}
