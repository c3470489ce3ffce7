//! The register and edit form as plain data: empty, filled from a server or a preset, and turned into what the API takes.
//! Pure. Secrets are only ever typed: the API never gives one back, so an empty field means “leave the stored one”.

import type {
  NewServer,
  OutboundAuth,
  OutboundAuthInput,
  Preset,
  Server,
  ServerPatch,
  Transport,
} from '@/api/types'

export type AuthKind = OutboundAuthInput['kind']

type HeaderValues = { name: string; value: string }

type OauthValues = {
  client_id: string
  client_secret: string
  issuer: string
  endpoints: { authorization: string; token: string; revocation: string; introspection: string }
  scopes: string
  omit_resource: boolean
  scope_on_refresh: boolean
  id_token_as_bearer: boolean
  without_pkce: boolean
  extra_parameters: string
}

type MachineValues = {
  client_id: string
  client_auth: 'secret' | 'private_key_jwt'
  client_secret: string
  private_key: string
  key_id: string
  profile: 'statement' | 'identity_provider' | 'on_behalf_of' | 'id_jag'
  identity_provider: string
  issuer: string
  token_endpoint: string
  scopes: string
  audience: string
  omit_resource: boolean
  extra_parameters: string
}

export type ServerValues = {
  slug: string
  display_name: string
  description: string
  tags: string[]
  upstream_url: string
  kind: AuthKind
  shared: { headers: HeaderValues[] }
  own_key: { fields: { name: string; label: string; hint: string }[]; headers: HeaderValues[] }
  oauth: OauthValues
  machine: MachineValues
  passthrough: { mode: 'minted' | 'original' }
  timeout_s: string
  static_headers: string
  forwardable_headers: string
  ca_certificates: string
}

/** Under which name the form keeps what the API calls `outbound_auth`. */
const PART: Record<AuthKind, string> = {
  none: 'kind',
  shared_header: 'shared',
  per_user_header: 'own_key',
  oauth_per_user: 'oauth',
  client_credentials: 'machine',
  token_exchange: 'machine',
  passthrough: 'passthrough',
}

export const EMPTY: ServerValues = {
  slug: '',
  display_name: '',
  description: '',
  tags: [],
  upstream_url: '',
  kind: 'none',
  shared: { headers: [{ name: 'Authorization', value: '' }] },
  own_key: {
    fields: [{ name: 'token', label: 'API key', hint: '' }],
    headers: [{ name: 'Authorization', value: 'Bearer {token}' }],
  },
  oauth: {
    client_id: '',
    client_secret: '',
    issuer: '',
    endpoints: { authorization: '', token: '', revocation: '', introspection: '' },
    scopes: '',
    omit_resource: false,
    scope_on_refresh: false,
    id_token_as_bearer: false,
    without_pkce: false,
    extra_parameters: '',
  },
  machine: {
    client_id: '',
    client_auth: 'secret',
    client_secret: '',
    private_key: '',
    key_id: '',
    profile: 'statement',
    identity_provider: '',
    issuer: '',
    token_endpoint: '',
    scopes: '',
    audience: '',
    omit_resource: false,
    extra_parameters: '',
  },
  passthrough: { mode: 'minted' },
  timeout_s: '',
  static_headers: '',
  forwardable_headers: '',
  ca_certificates: '',
}

/** The form of a server that is registered. */
export function valuesOf(server: Server): ServerValues {
  const { slug, display_name, description, tags, upstream } = server
  const named = { ...EMPTY, slug, display_name, description, tags }
  return upstream ? { ...named, ...reachValues(upstream) } : named
}

/** How a server is reached, as the API shows it and takes it. */
type Reach = {
  url: string
  outbound_auth: OutboundAuth | OutboundAuthInput
  timeout_ms: number
  transport: Transport
}

export function reachValues({ url, outbound_auth, timeout_ms, transport }: Reach) {
  return {
    upstream_url: url,
    ...authValues(outbound_auth),
    timeout_s: timeout_ms ? String(timeout_ms / 1_000) : '',
    static_headers: toLines(transport.static_headers, ': '),
    forwardable_headers: transport.forwardable_headers?.join(', ') ?? '',
    ca_certificates: transport.ca_certificates ?? '',
  }
}

/** What a preset fills in; the rest stays empty. */
export function presetValues({
  slug,
  display_name,
  description,
  upstream_url,
  outbound_auth,
}: Preset): ServerValues {
  return { ...EMPTY, slug, display_name, description, upstream_url, ...authValues(outbound_auth) }
}

/** The API shows settings as it takes them, without the secrets. */
function authValues(
  auth: OutboundAuth | OutboundAuthInput,
): Pick<ServerValues, 'kind'> & Partial<ServerValues> {
  const { kind } = auth
  switch (kind) {
    case 'none':
      return { kind }
    case 'shared_header':
      return { kind, shared: { headers: auth.headers.map(({ name }) => ({ name, value: '' })) } }
    case 'per_user_header': {
      const fields = auth.fields.map(({ name, label, hint = '' }) => ({ name, label, hint }))
      return { kind, own_key: { fields, headers: auth.headers.map(({ name, value }) => ({ name, value })) } }
    }
    case 'oauth_per_user':
      return { kind, oauth: oauthValues(auth) }
    case 'client_credentials':
    case 'token_exchange':
      return { kind, machine: machineValues(auth) }
    case 'passthrough':
      return { kind, passthrough: { mode: auth.mode } }
  }
}

type Shown<K extends AuthKind> = Extract<OutboundAuth, { kind: K }>

function oauthValues(auth: Shown<'oauth_per_user'>): OauthValues {
  const { endpoints, extra_parameters, scopes } = auth
  return {
    client_id: auth.client_id ?? '',
    client_secret: '',
    issuer: auth.issuer ?? '',
    endpoints: {
      authorization: endpoints?.authorization ?? '',
      token: endpoints?.token ?? '',
      revocation: endpoints?.revocation ?? '',
      introspection: endpoints?.introspection ?? '',
    },
    scopes: scopes?.join(' ') ?? '',
    omit_resource: auth.omit_resource ?? false,
    scope_on_refresh: auth.scope_on_refresh ?? false,
    id_token_as_bearer: auth.id_token_as_bearer ?? false,
    without_pkce: auth.without_pkce ?? false,
    extra_parameters: toLines(extra_parameters, '='),
  }
}

function machineValues(auth: Shown<'client_credentials'> | Shown<'token_exchange'>): MachineValues {
  return {
    client_id: auth.client_id,
    client_auth: auth.client_auth ?? 'secret',
    client_secret: '',
    private_key: '',
    key_id: auth.key_id ?? '',
    profile: auth.profile ?? 'statement',
    identity_provider: auth.identity_provider ?? '',
    issuer: auth.issuer ?? '',
    token_endpoint: auth.token_endpoint ?? '',
    scopes: auth.scopes?.join(' ') ?? '',
    audience: auth.audience ?? '',
    omit_resource: auth.omit_resource ?? false,
    extra_parameters: toLines(auth.extra_parameters, '='),
  }
}

/** What registering takes. */
export function bodyOf(values: ServerValues): NewServer {
  return {
    slug: values.slug.trim(),
    display_name: values.display_name.trim(),
    description: values.description.trim(),
    tags: values.tags,
    upstream_url: values.upstream_url.trim(),
    outbound_auth: authOf(values),
    timeout_ms: Math.round(Number(values.timeout_s || 0) * 1_000),
    transport: transportOf(values),
  }
}

/** What editing takes: only what differs. */
export function patchOf(values: ServerValues, server: Server): ServerPatch {
  const [after, before] = [bodyOf(values), bodyOf(valuesOf(server))]
  const differs = (key: keyof NewServer) => JSON.stringify(after[key]) !== JSON.stringify(before[key])
  const patch: ServerPatch = {}
  if (differs('display_name')) patch.display_name = after.display_name
  if (differs('description')) patch.description = after.description
  if (differs('tags')) patch.tags = values.tags
  if (differs('upstream_url')) patch.upstream_url = after.upstream_url
  // A server that moves needs its shared secrets again, in the same save.
  if (differs('outbound_auth') || differs('upstream_url')) patch.outbound_auth = after.outbound_auth
  if (differs('timeout_ms')) patch.timeout_ms = after.timeout_ms
  if (differs('transport')) patch.transport = after.transport
  return patch
}

function authOf(values: ServerValues): OutboundAuthInput {
  const { kind, shared, own_key, oauth, machine, passthrough } = values
  switch (kind) {
    case 'none':
      return { kind }
    case 'shared_header':
      return {
        kind,
        headers: shared.headers.map(({ name, value }) => ({ name: name.trim(), ...typed({ value }) })),
      }
    case 'per_user_header':
      return {
        kind,
        fields: own_key.fields.map(({ name, label, hint }) => ({
          name: name.trim(),
          label: label.trim(),
          ...typed({ hint }),
        })),
        headers: own_key.headers.map(({ name, value }) => ({ name: name.trim(), value })),
      }
    case 'oauth_per_user':
      return { kind, ...oauthOf(oauth) }
    case 'client_credentials':
      return { kind, ...machineOf(machine) }
    case 'token_exchange':
      return { kind, ...machineOf(machine), ...exchangeOf(machine) }
    case 'passthrough':
      return { kind, mode: passthrough.mode }
  }
}

function oauthOf(values: OauthValues) {
  const { authorization, token, revocation, introspection } = values.endpoints
  const endpoints =
    authorization || token ? { authorization, token, ...typed({ revocation, introspection }) } : undefined
  return {
    ...typed({ client_id: values.client_id, client_secret: values.client_secret, issuer: values.issuer }),
    ...(endpoints && { endpoints }),
    ...scopesOf(values.scopes),
    omit_resource: values.omit_resource,
    scope_on_refresh: values.scope_on_refresh,
    id_token_as_bearer: values.id_token_as_bearer,
    without_pkce: values.without_pkce,
    extra_parameters: fromLines(values.extra_parameters, '='),
  }
}

function machineOf(values: MachineValues) {
  const { client_auth, client_secret, private_key, key_id } = values
  const proof = client_auth === 'secret' ? typed({ client_secret }) : typed({ private_key, key_id })
  return {
    client_id: values.client_id.trim(),
    client_auth,
    ...proof,
    ...typed({ issuer: values.issuer, token_endpoint: values.token_endpoint, audience: values.audience }),
    ...scopesOf(values.scopes),
    omit_resource: values.omit_resource,
    extra_parameters: fromLines(values.extra_parameters, '='),
  }
}

const exchangeOf = ({ profile, identity_provider }: MachineValues) => ({
  profile,
  ...typed({ identity_provider }),
})

function transportOf(values: ServerValues): Transport {
  return {
    static_headers: fromLines(values.static_headers, ':'),
    forwardable_headers: words(values.forwardable_headers),
    ...typed({ ca_certificates: values.ca_certificates }),
  }
}

/** The members that somebody typed something into. */
function typed<T extends Record<string, string>>(members: T): Partial<T> {
  const filled = Object.entries(members).filter(([, text]) => text.trim() !== '')
  return Object.fromEntries(filled.map(([name, text]) => [name, text.trim()])) as Partial<T>
}

const words = (text: string) => text.split(/[\s,]+/).filter(word => word !== '')

function scopesOf(text: string): { scopes?: string[] } {
  const scopes = words(text)
  return scopes.length > 0 ? { scopes } : {}
}

const toLines = (map: Record<string, string> | undefined, between: string) =>
  Object.entries(map ?? {})
    .map(([name, value]) => `${name}${between}${value}`)
    .join('\n')

/** One `name=value` on a line; a line without a value keeps its name, for the API to complain about. */
function fromLines(text: string, between: string): Record<string, string> {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const pairs = lines.map(line => {
    const at = line.indexOf(between)
    return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + between.length).trim()]
  })
  return Object.fromEntries(pairs)
}

/** The form's name for a field that the API refused. */
export function fieldOf(kind: AuthKind): (apiField: string) => string {
  return field => {
    const path = field.replace(/\[(\d+)\]/g, '.$1')
    if (path === 'timeout_ms') return 'timeout_s'
    if (path.startsWith('tags.')) return 'tags'
    if (path.startsWith('transport.')) return path.split('.')[1] ?? path
    // A member of a map is typed in the map's field.
    if (path.includes('.extra_parameters')) return `${PART[kind]}.extra_parameters`
    if (path === 'outbound_auth' || path === 'outbound_auth.headers')
      return kind === 'shared_header' ? 'shared.headers.0.value' : 'kind'
    if (path === 'outbound_auth.fields') return 'own_key.fields.0.name'
    return path.replace(/^outbound_auth/, PART[kind])
  }
}
