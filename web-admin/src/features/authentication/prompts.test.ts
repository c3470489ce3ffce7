import { expect, test } from 'vitest'
import type { Server } from '@/api/types'
import { AUTH_WORDS } from '@/lib/auth-words'
import { promptWords } from './prompts'

const shown = {
  upstream: { url: 'https://x.example', outbound_auth: { kind: 'none' }, timeout_ms: 0, transport: {} },
} as Pick<Server, 'upstream'>

test('what is asked is said as far as it is known, and not guessed', () => {
  expect(promptWords(shown, undefined, false)).toBe(AUTH_WORDS.none.people)
  expect(promptWords({}, { fields: [] }, true)).toBe(AUTH_WORDS.oauth_per_user.people)
  expect(promptWords(undefined, { fields: [{ name: 't', label: 'T' }] }, true)).toBe(
    AUTH_WORDS.per_user_header.people,
  )
  expect(promptWords({}, undefined, true)).toBe('Nothing of you.')
  expect(promptWords({}, undefined, false)).toBe('Its own managers see what it asks.')
})
