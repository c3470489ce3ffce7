import { expect, test } from 'vitest'
import type { CallOutcome } from '@/api/types'
import { adviceOf, calledWhat, timing } from './call-words'

test('what to do about a call', () => {
  const check = (outcome: CallOutcome, error_reason: string, part: string | undefined) =>
    expect(adviceOf({ outcome, error_reason })?.what, error_reason).toEqual(
      part && expect.stringContaining(part),
    )
  check('ok', '', undefined)
  check('refused', 'rate_limited', 'limit')
  check('refused', 'token.expired', 'token')
  check('refused', 'credential.expired', 'account of the caller')
  check('refused', 'credential.broker_away', 'control plane')
  check('error', 'upstream.too_large', 'as an MCP server should')
  check('error', 'upstream.timeout', 'longer')
  check('cancelled', '', 'gave up')
  // A code that a later version has.
  check('error', 'moon.full', 'error')
})

test('what was called', () => {
  expect(calledWhat({ method: 'tools/call', target: 'search' })).toEqual({
    name: 'search',
    kind: 'tools/call',
  })
  expect(calledWhat({ method: 'tools/list', target: '' }).name).toBe('List tools')
  expect(calledWhat({ method: 'x/y', target: '' }).name).toBe('x/y')
})

test('where the time went', () => {
  expect(timing({ duration_us: 100, upstream_us: 90 })).toEqual({ total: 100, upstream: 90, gateway: 10 })
  expect(timing({ duration_us: 100, upstream_us: 120 })).toEqual({ total: 100, upstream: 100, gateway: 0 })
})
