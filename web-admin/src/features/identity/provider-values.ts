//! The form of an identity provider: from what people know of their provider to the API's shape, and back.

import type { IdentityProvider, IdentityProviderPatch, NewIdentityProvider } from '@/api/types'

export type Kind = 'okta' | 'entra' | 'entra_many' | 'google' | 'other'

export type ProviderForm = {
  /** Only of a new one: how the issuer comes about. */
  kind: Kind
  label: string
  /** What the issuer is made of: the address of Okta, the directory of Entra, else the issuer itself. */
  address: string
  client_id: string
  client_secret: string
  /** A client without a secret. */
  is_public: boolean
  /** Directories of Entra, a line each. */
  entra_tenants: string
  trust_email: boolean
  scim_source: boolean
  keep_tokens: boolean
  id_jag: boolean
  scopes: string
  claim_subject: string
  claim_email: string
  claim_name: string
  claim_groups: string
  /** Values of the groups claim, and the group that each means. */
  groups: { value: string; group: string }[]
  /** How people of SCIM are recognised: by what the issuer is, or by a rule of one's own. */
  binding: 'issuer' | 'own'
  binding_claim: string
  binding_attribute: 'external_id' | 'user_name'
}

/** What the API takes as absent has its default here. */
type Settings = Required<Omit<GivenSettings, 'claims'>> & {
  claims: Required<NonNullable<GivenSettings['claims']>>
}
type GivenSettings = NonNullable<NewIdentityProvider['settings']>

const DEFAULTS: Settings = {
  binding: null,
  claims: { subject: 'sub', email: 'email', name: 'name', groups: 'groups' },
  entra_tenants: [],
  groups: {},
  id_jag: { enabled: false, clients: {} },
  keep_tokens: false,
  scopes: ['openid', 'profile', 'email'],
  trust_email: false,
}

/** Several directories in one: the token says which. */
const ENTRA_MANY = 'https://login.microsoftonline.com/{tenantid}/v2.0'

export const isEntraMany = (issuer: string) => issuer.includes('{tenantid}')

/** The issuer, letter by letter as the provider spells it. */
export function issuerOf({ kind, address }: Pick<ProviderForm, 'kind' | 'address'>): string {
  const typed = address.trim()
  switch (kind) {
    case 'okta':
      return typed ? `https://${typed.replace(/^https?:\/\//, '').replace(/\/+$/, '')}` : ''
    case 'entra':
      return typed ? `https://login.microsoftonline.com/${typed}/v2.0` : ''
    case 'entra_many':
      return ENTRA_MANY
    case 'google':
      return 'https://accounts.google.com'
    case 'other':
      return typed
  }
}

export function newForm(): ProviderForm {
  return { ...settingsForm(DEFAULTS), kind: 'okta', label: '', address: '', ...SECRETS, scim_source: false }
}

export function formOf(provider: IdentityProvider): ProviderForm {
  return {
    ...settingsForm(provider.settings),
    kind: 'other',
    label: provider.label,
    address: provider.issuer,
    ...SECRETS,
    client_id: provider.client_id,
    is_public: !provider.has_client_secret,
    scim_source: provider.scim_source,
  }
}

const SECRETS = { client_id: '', client_secret: '', is_public: false }

/** Members that were never changed may be missing in an answer. */
function settingsForm(given: Partial<GivenSettings>) {
  const settings = complete(given)
  const { claims, binding } = settings
  return {
    entra_tenants: settings.entra_tenants.join('\n'),
    trust_email: settings.trust_email,
    keep_tokens: settings.keep_tokens,
    id_jag: settings.id_jag.enabled ?? false,
    scopes: settings.scopes.join(' '),
    claim_subject: claims.subject,
    claim_email: claims.email,
    claim_name: claims.name,
    claim_groups: claims.groups,
    groups: Object.entries(settings.groups).map(([value, group]) => ({ value, group })),
    binding: binding ? ('own' as const) : ('issuer' as const),
    binding_claim: binding?.claim ?? 'sub',
    binding_attribute: binding?.attribute ?? ('external_id' as const),
  }
}

export function newProvider(form: ProviderForm): NewIdentityProvider {
  return {
    label: form.label.trim(),
    issuer: issuerOf(form),
    client_id: form.client_id.trim(),
    ...(!form.is_public && { client_secret: form.client_secret }),
    enabled: true,
    scim_source: form.scim_source,
    settings: settingsOf(form, DEFAULTS),
  }
}

/** What is not on the form stays. A secret that is not typed stays, too. */
export function providerPatch(form: ProviderForm, known: IdentityProvider): IdentityProviderPatch {
  const secret = form.is_public ? null : form.client_secret
  return {
    label: form.label.trim(),
    issuer: issuerOf(form),
    client_id: form.client_id.trim(),
    ...(secret !== '' && { client_secret: secret }),
    scim_source: form.scim_source,
    settings: settingsOf(form, complete(known.settings)),
  }
}

function settingsOf(form: ProviderForm, known: Settings): Settings {
  const mapped = form.groups.filter(({ value, group }) => value.trim() && group)
  return {
    ...known,
    entra_tenants: isEntraMany(issuerOf(form)) ? words(form.entra_tenants) : [],
    trust_email: form.trust_email,
    keep_tokens: form.keep_tokens,
    id_jag: { ...known.id_jag, enabled: form.id_jag },
    scopes: words(form.scopes),
    claims: {
      subject: form.claim_subject.trim(),
      email: form.claim_email.trim(),
      name: form.claim_name.trim(),
      groups: form.claim_groups.trim(),
    },
    groups: Object.fromEntries(mapped.map(({ value, group }) => [value.trim(), group])),
    binding:
      form.binding === 'own' ? { claim: form.binding_claim.trim(), attribute: form.binding_attribute } : null,
  }
}

const complete = (given: Partial<GivenSettings>): Settings => ({
  ...DEFAULTS,
  ...given,
  claims: { ...DEFAULTS.claims, ...given.claims },
})

const words = (text: string) => text.split(/[\s,]+/).filter(word => word !== '')

/** The form's name for a field of the API. */
export function providerField(field: string): string {
  const known: Record<string, string> = {
    issuer: 'address',
    'settings.binding.claim': 'binding_claim',
    'settings.claims.subject': 'claim_subject',
    'settings.claims.email': 'claim_email',
    'settings.claims.name': 'claim_name',
    'settings.claims.groups': 'claim_groups',
  }
  const list = field.match(/^settings\.(scopes|entra_tenants)\b/)?.[1]
  return known[field] ?? list ?? field.replace(/^settings\./, '')
}
