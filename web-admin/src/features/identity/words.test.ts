import { expect, test } from 'vitest'
import { answerTone, verdict } from './words'

test('a trial in one sentence', () => {
  const step = (outcome: 'passed' | 'failed' | 'unknown') => ({ step: 'keys', outcome, message: '' })
  expect(verdict({ passed: true, steps: [step('passed')] })).toMatch('right')
  expect(verdict({ passed: false, steps: [step('passed'), step('failed')] })).toMatch('corrected')
  expect(verdict({ passed: false, steps: [step('passed'), step('unknown')] })).toMatch('a sign-in tells')
})

test('answers to an identity provider', () => {
  expect(answerTone({ status: 201 })).toBe('good')
  expect(answerTone({ status: 404 })).toBe('warning')
  expect(answerTone({ status: 409 })).toBe('alert')
  expect(answerTone({ status: 500 })).toBe('alert')
})
