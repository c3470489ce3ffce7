//! What a look at a server's URL found: in words, and as a proposal for the form. Pure.

import type { Probe } from '@/api/types'
import { listed } from '@/lib/count'

/** Complete enough to be looked at without being asked to. */
export function isCompleteUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  // A first server is often one's own, on the same machine.
  if (protocol === 'http:') return LOOPBACK.test(hostname)
  return protocol === 'https:' && /^[^.]+(\.[^.]+)+$/.test(hostname)
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

export type Proposal = { display_name: string; kind: Probe['suggested_auth'] | undefined }

/** What the form may be filled in with. */
export function proposalOf(probe: Probe, url: string): Proposal {
  const isKnown = probe.outcome === 'answers' || probe.outcome === 'needs_authorization'
  return {
    display_name: isKnown ? (probe.server ? nameOf(probe.server.name) : hostName(url)) : '',
    kind: isKnown ? probe.suggested_auth : undefined,
  }
}

/** “github-mcp-server” is what programs call it, “GitHub” what people do; as near as one gets without knowing. */
export function nameOf(name: string): string {
  const plain = name.split('/').at(-1) ?? name
  const words = plain
    .split(/[\s_-]+/)
    .filter(word => word !== '' && !/^(mcp|server)$/i.test(word))
    .join(' ')
  const kept = words === '' ? plain : words
  return (kept.charAt(0).toUpperCase() + kept.slice(1)).slice(0, 100)
}

/** “mcp.linear.app” → “Linear”. */
function hostName(url: string): string {
  if (!URL.canParse(url)) return ''
  const labels = new URL(url).hostname.split('.').filter(label => !/^(mcp|api|www)$/.test(label))
  return nameOf(labels.at(-2) ?? labels[0] ?? '')
}

export type Told = { tone: 'good' | 'warning'; title: string; todo: string | undefined }

/** What to say of it first, and what to do beyond what it says itself. */
export function toldOf({ outcome, authorization, suggested_auth }: Probe): Told {
  switch (outcome) {
    case 'answers':
      return { tone: 'good', title: 'It answers, and asks for nothing', todo: undefined }
    case 'needs_authorization':
      return suggested_auth === 'oauth_per_user'
        ? {
            tone: 'good',
            title: 'It is there, and wants people to sign in at its provider',
            todo:
              authorization?.registration === 'automatic'
                ? undefined
                : 'Register a client at the provider, and put its id and secret below.',
          }
        : {
            tone: 'good',
            title: 'It is there, and wants a credential',
            todo: 'Put a key for everybody below, or let each person type their own.',
          }
    case 'not_mcp':
      return { tone: 'warning', title: 'Something else than an MCP server answers', todo: ANYHOW }
    case 'unreachable':
      return { tone: 'warning', title: 'It could not be reached from here', todo: ANYHOW }
  }
}

const ANYHOW = 'You can register it all the same: it works as soon as the server does.'

/** What is known of it besides, such as revisions and tools. */
export function factsOf({
  protocol_versions,
  server,
  authorization,
  tools,
  has_more_tools,
}: Probe): [string, string][] {
  const facts: [string, string | undefined][] = [
    ['Says it is', server ? `${server.name} ${server.version}`.trim() : undefined],
    ['Speaks', protocol_versions.length > 0 ? `MCP ${listed(protocol_versions)}` : undefined],
    ['Provider', authorization?.issuer ?? undefined],
    ['Scopes', authorization && authorization.scopes.length > 0 ? authorization.scopes.join(' ') : undefined],
    ['Tools', tools.length > 0 ? `${tools.length}${has_more_tools ? ' and more' : ''}` : undefined],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined)
}
