import { expect, test } from 'vitest'
import { patchOf, valuesOf } from './tenant-values'

const before = valuesOf({
  display_name: 'Acme',
  gateway_origins: ['https://mcp.acme.com', 'https://mcp.acme.org'],
  settings: {},
})

test('only what is different is sent', () => {
  const check = (change: Partial<typeof before>, patch: object) =>
    expect(patchOf(before, { ...before, ...change })).toEqual(patch)
  check({}, {})
  check({ displayName: ' Acme Ltd ' }, { display_name: 'Acme Ltd' })
  check({ gatewayOrigins: 'https://mcp.acme.com\n\n https://mcp.acme.org ' }, {})
  check({ gatewayOrigins: 'https://mcp.acme.com' }, { gateway_origins: ['https://mcp.acme.com'] })
  check({ concurrentCalls: '200' }, { concurrent_calls_max: 200 })
})

test('no bound is an empty field, and an empty field takes the bound away', () => {
  const bounded = valuesOf({ display_name: 'A', gateway_origins: [], settings: { concurrent_calls_max: 8 } })
  expect([before.concurrentCalls, bounded.concurrentCalls]).toEqual(['', '8'])
  expect(patchOf(bounded, { ...bounded, concurrentCalls: '' })).toEqual({ concurrent_calls_max: 0 })
})
