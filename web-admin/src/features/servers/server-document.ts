//! A server as the document that `portway apply` takes (portway/src/apply/manifest), and back. Pure. Grants, members and
//! whether it is enabled are not the form's: a document that changes them is refused rather than half obeyed.

import type { OutboundAuthInput, Transport } from '@/api/types'
import type { Format } from '@/lib/document/format'
import { camel, type Fields, type Node, type Reader } from '@/lib/document/reader'
import { readAuth } from './auth-document'
import { headDocument, type Registered, readHead } from './document-head'
import { bodyOf, reachValues, type ServerValues } from './server-values'

const REACH = {
  known: ['url', 'timeoutMs', 'outboundAuth', 'transport'],
  elsewhere: {
    preset: 'is for files: choose it above the form',
    members: 'is for virtual servers, which have a page of their own',
  },
}

export function serverFormat(registered?: Registered): Format<ServerValues> {
  return {
    write: async values => documentOf(values, registered?.isEnabled ?? true),
    read: async (root, reader, now) => {
      const head = readHead(root, reader, registered, REACH)
      return head && withSecrets(now, { ...now, ...head.names, ...reachOf(head.spec, reader) })
    },
    typedSecrets,
  }
}

export function documentOf(values: ServerValues, isEnabled: boolean): object {
  const { upstream_url, timeout_ms, outbound_auth, transport, ...names } = bodyOf(values)
  const called = { ...names, description: values.description.trim(), tags: values.tags }
  return headDocument(called, isEnabled, {
    url: upstream_url,
    timeoutMs: timeout_ms,
    outboundAuth: authDocument(outbound_auth),
    ...(transport && transportDocument(transport)),
  })
}

const SECRETS = ['client_secret', 'private_key']

/** The API's words in those of files, without what is secret, and without what is as it is anyway. */
function authDocument(auth: OutboundAuthInput | undefined): object {
  const { kind, ...members } = auth ?? { kind: 'none' as const }
  const document: Record<string, unknown> = { kind: camel(kind) }
  for (const [name, value] of Object.entries(members)) {
    if (SECRETS.includes(name) || isDefault(name, value)) continue
    document[camel(name)] = name === 'client_auth' || name === 'profile' ? camel(String(value)) : value
  }
  if (auth?.kind === 'shared_header') document.headers = auth.headers.map(({ name }) => ({ name }))
  return document
}

const isDefault = (name: string, value: unknown): boolean =>
  value === undefined ||
  value === false ||
  (name === 'extra_parameters' && Object.keys(value as object).length === 0) ||
  (name === 'client_auth' && value === 'secret') ||
  (name === 'profile' && value === 'statement')

function transportDocument({ static_headers = {}, forwardable_headers = [], ca_certificates }: Transport) {
  const transport = {
    ...(Object.keys(static_headers).length > 0 && { staticHeaders: static_headers }),
    ...(forwardable_headers.length > 0 && { forwardableHeaders: forwardable_headers }),
    ...(ca_certificates && { caCertificates: ca_certificates }),
  }
  return Object.keys(transport).length > 0 ? { transport } : {}
}

function reachOf(spec: Fields, reader: Reader) {
  const node = spec.find('transport')
  return reachValues({
    url: spec.text('url') ?? '',
    timeout_ms: spec.whole('timeoutMs') ?? 0,
    outbound_auth: readAuth(spec.find('outboundAuth'), reader),
    transport: node ? readTransport(node, reader) : {},
  })
}

function readTransport(node: Node, reader: Reader): Transport {
  const found = reader.map(node, 'spec.transport', ['staticHeaders', 'forwardableHeaders', 'caCertificates'])
  return {
    static_headers: found?.texts('staticHeaders') ?? {},
    forwardable_headers: found?.words('forwardableHeaders') ?? [],
    ca_certificates: found?.optional('caCertificates'),
  }
}

/** What was typed in the form is not in the document, and stays. */
function withSecrets(now: ServerValues, next: ServerValues): ServerValues {
  const typed = new Map(now.shared.headers.map(({ name, value }) => [name.trim().toLowerCase(), value]))
  return {
    ...next,
    shared: {
      headers: next.shared.headers.map(header => ({
        ...header,
        value: typed.get(header.name.trim().toLowerCase()) ?? '',
      })),
    },
    oauth: { ...next.oauth, client_secret: now.oauth.client_secret },
    machine: {
      ...next.machine,
      client_secret: now.machine.client_secret,
      private_key: now.machine.private_key,
    },
  }
}

function typedSecrets({ kind, shared, oauth, machine }: ServerValues): string[] {
  if (kind === 'shared_header')
    return shared.headers.filter(({ value }) => value !== '').map(({ name }) => `the value of ${name}`)
  if (kind === 'oauth_per_user') return oauth.client_secret ? ['the client secret'] : []
  if (kind !== 'client_credentials' && kind !== 'token_exchange') return []
  if (machine.client_auth === 'secret') return machine.client_secret ? ['the client secret'] : []
  return machine.private_key ? ['the private key'] : []
}
