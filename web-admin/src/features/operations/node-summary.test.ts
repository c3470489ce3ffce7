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
  expect(summaryOf({ silent_replicas: 0, streams })).toEqual({
    state: 'connected',
    versions: ['0.1.0', '0.2.0'],
    regions: ['eu'],
    since: '2026-11-27T08:00:00Z',
    streams: 2,
    tenants: 2,
    lag: 3,
    rejects: 1,
    load: undefined,
  })
})

const load = (calls: number, draining = true) => ({ calls, streams: 0, sessions: 2, draining })

test.each([
  ['in use', {}, [load(3)], 'connected'],
  ['busy', { draining_since: 'then' }, [load(0), load(1)], 'draining'],
  ['has not heard of it', { draining_since: 'then' }, [load(0), load(0, false)], 'draining'],
  ['does not say', { draining_since: 'then' }, [load(0), undefined], 'draining'],
  ['empty', { draining_since: 'then' }, [load(0), load(0)], 'drained'],
  ['empty as far as is known', { draining_since: 'then', silent_replicas: 1 }, [load(0)], 'draining'],
  ['empty, and gone', { draining_since: 'then' }, [], 'away'],
])('a node that is %s', (_, node, loads, state) => {
  expect(summaryOf({ silent_replicas: 0, ...node, streams: loads.map(load => stream({ load })) }).state).toBe(
    state,
  )
})

test('what its processes are busy with together', () => {
  const streams = [stream({ load: load(1) }), stream({ load: load(2, false) })]
  expect(summaryOf({ silent_replicas: 0, streams }).load).toEqual({
    calls: 3,
    streams: 0,
    sessions: 4,
    draining: false,
  })
})

test('one that is not here', () => {
  expect(summaryOf({ silent_replicas: 0, streams: [] })).toMatchObject({
    state: 'away',
    since: undefined,
    lag: 0,
  })
  expect(summaryOf({ silent_replicas: 0, streams: [], revoked_at: '2026-11-28T08:00:00Z' }).state).toBe(
    'revoked',
  )
})
