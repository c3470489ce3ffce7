import { expect, test } from 'vitest'
import { firstSteps, isNew, nextStep } from './first-run-steps'

test('what is done is known, and what comes next', () => {
  const check = (hasServer: boolean, isShared: boolean, isConnected: boolean, next: string | undefined) =>
    expect(nextStep(firstSteps({ hasServer, isShared, isConnected }))?.id).toBe(next)
  check(false, false, false, 'register')
  check(true, false, false, 'share')
  check(true, true, false, 'connect')
  check(true, false, true, 'share')
  check(true, true, true, undefined)
  // Grants and calls of a server that is gone count for nothing.
  check(false, true, true, 'register')
  expect(firstSteps({ hasServer: false, isShared: true, isConnected: false })[1]?.isDone).toBe(false)
})

test('that all is done is told for a day', () => {
  const check = (createdAt: string, expected: boolean) =>
    expect(isNew(createdAt, Date.parse('2026-11-28T12:00:00Z'))).toBe(expected)
  check('2026-11-28T11:58:00Z', true)
  check('2026-11-27T12:00:01Z', true)
  check('2026-11-27T12:00:00Z', false)
  // Clocks of two machines.
  check('2026-11-28T12:00:05Z', true)
})
