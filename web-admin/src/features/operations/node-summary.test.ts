import { expect, test } from 'vitest'
import type { Node } from '@/api/types'
import { summaryOf } from './node-summary'

type Stream = Node['streams'][number]

const stream = (more: Partial<Stream>): Stream => ({
  node_id: 'eu-1',
  instance_id: '0',
  version: '0.1.0',
  region: 'eu',
  capabilities: [],
  connected_at: '2026-11-28T08:00:00Z',
  directory_revision: 1,
  tenants: [],
  ...more,
})

const followed = (tenant_id: string, lag: number, rejects: string[] = []) => ({
  tenant_id,
  acknowledged_revision: 7,
  lag,
  rejects: rejects.map(reason => ({ kind: 'mcp_server', reason })),
})

test('a node that runs twice', () => {
  const streams = [
    stream({ version: '0.2.0', tenants: [followed('ten_a', 0), followed('ten_b', 3, ['bad url'])] }),
    stream({ connected_at: '2026-11-27T08:00:00Z', tenants: [followed('ten_a', 1)] }),
  ]
  expect(summaryOf({ streams })).toEqual({
    state: 'connected',
    versions: ['0.1.0', '0.2.0'],
    regions: ['eu'],
    since: '2026-11-27T08:00:00Z',
    streams: 2,
    tenants: 2,
    lag: 3,
    rejects: 1,
  })
})

test('one that is not here', () => {
  expect(summaryOf({ streams: [] })).toMatchObject({ state: 'away', since: undefined, lag: 0 })
  expect(summaryOf({ streams: [], revoked_at: '2026-11-28T08:00:00Z' }).state).toBe('revoked')
})
