import { expect, test } from 'vitest'
import { AUDIT_NOUNS, actionWords, actorWords, detailWords } from './audit-words'

test('events in words', () => {
  const check = (action: string, expected: string) => expect(actionWords(action)).toBe(expected)
  check('server.registered', 'Server registered')
  check('api_key.rotated', 'API key rotated')
  check('server.tools_switched', 'Server tools switched')
  check('limit_rule', 'Limit')
  // Of a later version.
  check('moon_base.opened', 'Moon base opened')
  expect([actorWords('system'), actorWords('new_kind')]).toEqual(['Portway', 'New kind'])
  expect(AUDIT_NOUNS).toContain('server')
})

test('what changed, in one line', () => {
  expect(
    detailWords({
      detail: { role: 'user', settings: { calls_off: true }, gone: null, grant_id: 'acg_1', tools: [] },
    }),
  ).toBe('role: user, settings')
  expect(detailWords({ detail: null })).toBe('')
})
