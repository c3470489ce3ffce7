import { expect, test } from 'vitest'
import { firstSteps, nextStep } from './first-run-steps'

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
