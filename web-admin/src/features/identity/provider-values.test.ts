import { expect, test } from 'vitest'
import type { IdentityProvider } from '@/api/types'
import { formOf, issuerOf, newForm, newProvider, providerField, providerPatch } from './provider-values'

test('the issuer follows from what people know', () => {
  const check = (kind: Parameters<typeof issuerOf>[0]['kind'], address: string, expected: string) =>
    expect(issuerOf({ kind, address }), `${kind} ${address}`).toBe(expected)
  check('okta', 'acme.okta.com', 'https://acme.okta.com')
  check('okta', ' https://acme.okta.com/ ', 'https://acme.okta.com')
  check('okta', 'acme.okta.com/oauth2/default', 'https://acme.okta.com/oauth2/default')
  check('entra', '9b1de1f4', 'https://login.microsoftonline.com/9b1de1f4/v2.0')
  check('entra_many', '', 'https://login.microsoftonline.com/{tenantid}/v2.0')
  check('google', '', 'https://accounts.google.com')
  // Compared letter by letter: the slash at the end is the provider’s.
  check('other', ' https://login.example.com/ ', 'https://login.example.com/')
  check('okta', '', '')
})

test('a new provider', () => {
  const form = { ...newForm(), label: 'Okta', address: 'acme.okta.com', client_id: '0oa', client_secret: 's' }
  expect(newProvider(form)).toEqual({
    label: 'Okta',
    issuer: 'https://acme.okta.com',
    client_id: '0oa',
    client_secret: 's',
    enabled: true,
    scim_source: false,
    settings: {
      binding: null,
      claims: { subject: 'sub', email: 'email', name: 'name', groups: 'groups' },
      entra_tenants: [],
      groups: {},
      id_jag: { enabled: false, clients: {} },
      keep_tokens: false,
      scopes: ['openid', 'profile', 'email'],
      trust_email: false,
    },
  })
  expect(newProvider({ ...form, is_public: true })).not.toHaveProperty('client_secret')
  const many = { ...form, kind: 'entra_many' as const, entra_tenants: 'a\n b, c' }
  expect(newProvider(many).settings?.entra_tenants).toEqual(['a', 'b', 'c'])
})

const known = {
  label: 'Okta',
  issuer: 'https://acme.okta.com',
  client_id: '0oa',
  has_client_secret: true,
  scim_source: true,
  settings: { groups: { admins: 'grp_1' }, id_jag: { enabled: true, clients: { theirs: 'ours' } } },
} as unknown as IdentityProvider

test('an edit keeps what is not on the form, and the secret unless one is typed', () => {
  const form = formOf(known)
  const patch = providerPatch(form, known)
  expect(patch).not.toHaveProperty('client_secret')
  expect(patch.settings?.id_jag).toEqual({ enabled: true, clients: { theirs: 'ours' } })
  expect(patch.settings?.groups).toEqual({ admins: 'grp_1' })
  expect(providerPatch({ ...form, client_secret: 'new' }, known).client_secret).toBe('new')
  expect(providerPatch({ ...form, is_public: true }, known).client_secret).toBeNull()
  // Half a row means nothing yet.
  const rows = [...form.groups, { value: 'sales', group: '' }]
  expect(providerPatch({ ...form, groups: rows }, known).settings?.groups).toEqual({ admins: 'grp_1' })
})

test('refusals find their field', () => {
  expect(providerField('issuer')).toBe('address')
  expect(providerField('settings.entra_tenants[1]')).toBe('entra_tenants')
  expect(providerField('settings.scopes[0]')).toBe('scopes')
  expect(providerField('settings.claims.email')).toBe('claim_email')
  expect(providerField('client_secret')).toBe('client_secret')
})
