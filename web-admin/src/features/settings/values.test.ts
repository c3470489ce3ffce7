import { expect, test } from 'vitest'
import { between, fieldOf, patchOf, type SettingsValues, valuesOf } from './values'

const before = valuesOf({
  display_name: 'Acme',
  settings: { access_token_s: 3_600, allowed_origins: ['https://a.com'] },
})
const patch = (change: Partial<SettingsValues>) => patchOf(before, { ...before, ...change })

test('what nobody said is what holds', () => {
  expect(before).toMatchObject({ accessTokenMinutes: '60', offlineHours: '24', callLogDays: '90' })
})

test('only what is different is sent', () => {
  expect(patch({})).toEqual({ settings: {} })
  expect(patch({ displayName: 'Acme Inc. ' })).toEqual({ display_name: 'Acme Inc.', settings: {} })
  expect(patch({ accessTokenMinutes: '7.5', offlineHours: '0' }).settings).toEqual({
    access_token_s: 450,
    offline_max_s: 0,
  })
  expect(patch({ allowedOrigins: 'https://a.com\n https://b.com,https://c.com\n' }).settings).toEqual({
    allowed_origins: ['https://a.com', 'https://b.com', 'https://c.com'],
  })
  expect(patch({ allowedOrigins: '' }).settings).toEqual({ allowed_origins: [] })
  // The same, written otherwise.
  expect(patch({ allowedOrigins: ' https://a.com\n\n', accessTokenMinutes: '60.0' }).settings).toEqual({})
})

test('where a refusal stands, and numbers', () => {
  expect(
    ['settings.access_token_s', 'settings.allowed_origins[1]', 'display_name', 'other'].map(fieldOf),
  ).toEqual(['accessTokenMinutes', 'allowedOrigins', 'displayName', 'other'])
  const rule = between(5, 720)
  expect([rule('5'), rule('720')]).toEqual([undefined, undefined])
  for (const wrong of ['', '4', '721', 'x']) expect(rule(wrong)).toBe('must be 5 to 720')
})
