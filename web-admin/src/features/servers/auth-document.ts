//! `outboundAuth` of a document, as the API takes it. Pure. Secrets are not read: the console has no environment.

import type { OutboundAuthInput } from '@/api/types'
import { camel, type Fields, type Node, type Reader } from '@/lib/document/reader'

const FIELD = 'spec.outboundAuth'
const KINDS = [
  'none',
  'shared_header',
  'per_user_header',
  'oauth_per_user',
  'client_credentials',
  'token_exchange',
  'passthrough',
] as const
const PROFILES = ['statement', 'identity_provider', 'on_behalf_of', 'id_jag'] as const
const PROOFS = ['secret', 'private_key_jwt'] as const

const OAUTH = [
  'kind',
  'clientId',
  'clientSecret',
  'issuer',
  'endpoints',
  'scopes',
  'omitResource',
  'scopeOnRefresh',
  'idTokenAsBearer',
  'withoutPkce',
  'extraParameters',
]
const MACHINE = [
  'kind',
  'clientId',
  'clientSecret',
  'clientAuth',
  'privateKey',
  'keyId',
  'profile',
  'identityProvider',
  'issuer',
  'tokenEndpoint',
  'scopes',
  'audience',
  'omitResource',
  'extraParameters',
]

const NO_SECRET =
  'is read from an environment, and a browser has none: leave it out, and type the value in the form'

/** No authentication where nothing is said, or something wrong. */
export function readAuth(node: Node | undefined, reader: Reader): OutboundAuthInput {
  if (!node) return { kind: 'none' }
  const { value } = node
  if (value.is !== 'map') {
    reader.map(node, FIELD, ['kind'])
    return { kind: 'none' }
  }
  // Which members there may be depends on the kind.
  const keys = value.entries.map(({ key }) => key)
  const any = reader.map(node, FIELD, keys)
  any?.needed('kind')
  const word = any?.word('kind', KINDS.map(camel))
  const kind = KINDS.find(kind => camel(kind) === word)
  const of = (known: readonly string[]) => reader.map(node, FIELD, known)
  switch (kind) {
    case 'shared_header':
      return { kind, headers: sharedHeaders(of(['kind', 'headers']), reader) }
    case 'per_user_header':
      return { kind, ...keyForm(of(['kind', 'fields', 'headers']), reader) }
    case 'oauth_per_user':
      return { kind, ...oauth(of(OAUTH)) }
    case 'client_credentials':
    case 'token_exchange':
      return { kind, ...machine(of(MACHINE)) }
    case 'passthrough': {
      const found = of(['kind', 'mode'])
      found?.needed('mode')
      return { kind, mode: found?.word('mode', ['minted', 'original']) ?? 'minted' }
    }
    case 'none':
      of(['kind'])
      return { kind }
    case undefined:
      return { kind: 'none' }
  }
}

function sharedHeaders(found: Fields | undefined, reader: Reader) {
  found?.needed('headers')
  const headers = found?.list('headers', (item, field) => {
    const header = reader.map(item, field, ['name', 'secret'])
    header?.refuse('secret', NO_SECRET)
    return { name: header?.text('name') ?? '' }
  })
  return headers ?? []
}

function keyForm(found: Fields | undefined, reader: Reader) {
  found?.needed('fields')
  found?.needed('headers')
  const fields = found?.list('fields', (item, field) => {
    const asked = reader.map(item, field, ['name', 'label', 'hint'])
    const hint = asked?.optional('hint')
    return {
      name: asked?.text('name') ?? '',
      label: asked?.text('label') ?? '',
      ...(hint !== undefined && { hint }),
    }
  })
  const headers = found?.list('headers', (item, field) => {
    const header = reader.map(item, field, ['name', 'value'])
    return { name: header?.text('name') ?? '', value: header?.text('value') ?? '' }
  })
  return { fields: fields ?? [], headers: headers ?? [] }
}

function oauth(found: Fields | undefined) {
  found?.refuse('clientSecret', NO_SECRET)
  const named = found?.optionalMap('endpoints', ['authorization', 'token', 'revocation', 'introspection'])
  const endpoints = named && {
    authorization: named.text('authorization') ?? '',
    token: named.text('token') ?? '',
    revocation: named.optional('revocation'),
    introspection: named.optional('introspection'),
  }
  return {
    client_id: found?.optional('clientId'),
    issuer: found?.optional('issuer'),
    endpoints,
    scopes: found?.words('scopes'),
    omit_resource: found?.truth('omitResource') ?? false,
    scope_on_refresh: found?.truth('scopeOnRefresh') ?? false,
    id_token_as_bearer: found?.truth('idTokenAsBearer') ?? false,
    without_pkce: found?.truth('withoutPkce') ?? false,
    extra_parameters: found?.texts('extraParameters') ?? {},
  }
}

function machine(found: Fields | undefined) {
  found?.refuse('clientSecret', NO_SECRET)
  found?.refuse('privateKey', NO_SECRET)
  const proof = found?.word('clientAuth', PROOFS.map(camel))
  const profile = found?.word('profile', PROFILES.map(camel))
  return {
    client_id: found?.text('clientId') ?? '',
    client_auth: PROOFS.find(one => camel(one) === proof) ?? 'secret',
    key_id: found?.optional('keyId'),
    profile: PROFILES.find(one => camel(one) === profile) ?? 'statement',
    identity_provider: found?.optional('identityProvider'),
    issuer: found?.optional('issuer'),
    token_endpoint: found?.optional('tokenEndpoint'),
    scopes: found?.words('scopes'),
    audience: found?.optional('audience'),
    omit_resource: found?.truth('omitResource') ?? false,
    extra_parameters: found?.texts('extraParameters') ?? {},
  }
}
