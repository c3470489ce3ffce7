//! How a call ended, whose fault it was, and what to do about it. The codes are those of data-plane/src/error.rs.

import type { Call, CallOutcome, Fault } from '@/api/types'

type Tone = 'plain' | 'good' | 'warning' | 'alert'

export const OUTCOME_WORDS: Record<CallOutcome, { label: string; tone: Tone; what: string }> = {
  ok: { label: 'OK', tone: 'good', what: 'The call went well.' },
  tool_error: {
    label: 'Tool error',
    tone: 'warning',
    what: 'The tool ran, and said itself that it failed.',
  },
  error: { label: 'Error', tone: 'alert', what: 'The server answered with an error, or not at all.' },
  refused: { label: 'Refused', tone: 'warning', what: 'Portway refused the call.' },
  cancelled: { label: 'Cancelled', tone: 'plain', what: 'The client gave up before the answer came.' },
}

export const FAULT_WORDS: Record<Fault, string> = {
  none: 'Nobody’s',
  client: 'The caller’s',
  gateway: 'The gateway’s',
  upstream: 'The server’s',
}

type Advice = { what: string; todo: string }

const CONNECT: string = 'The person opens the server’s connect page, and connects their account again.'

/** Of one code, or of all that begin with it up to the dot. */
const ADVICE: Record<string, Advice> = {
  rate_limited: {
    what: 'A limit of your organisation was used up.',
    todo: 'Wait for as long as the answer said, or raise the limit that is named below.',
  },
  'limits.unavailable': {
    what: 'Nodes could not count calls, and the limit says to refuse then.',
    todo: 'Look at Redis. A limit can also be told to let each node’s share through.',
  },
  not_found: {
    what: 'There is no such server for this caller.',
    todo: 'Give the caller access to the server, or correct the URL in their client.',
  },
  'tool.error': {
    what: 'The tool answered that it failed.',
    todo: 'The caller has the reason in the answer: often an argument that the tool cannot use.',
  },
  'tool.off': {
    what: 'The tool is switched off.',
    todo: 'Switch it on at the server, or let the client list the tools again.',
  },
  'tenant.calls_off': {
    what: 'All calls of the organisation were switched off.',
    todo: 'Switch them on again in the settings.',
  },
  'client.blocked': {
    what: 'The client program is blocked.',
    todo: 'Unblock it in the settings, or use another client.',
  },
  token: {
    what: 'The client’s token was not good here.',
    todo: 'Most clients sign in again by themselves. If not: disconnect in the client, and connect again.',
  },
  key: {
    what: 'The API key was not good here.',
    todo: 'Look whether it was revoked or has expired, and put a new one into the client.',
  },
  session: {
    what: 'The client spoke of a session that does not exist any more.',
    todo: 'Nothing: clients begin a new session by themselves.',
  },
  request: {
    what: 'The client sent something that MCP does not have.',
    todo: 'Update the client program. If it stays, tell its maker the code.',
  },
  protocol: {
    what: 'Client and server speak different revisions of MCP.',
    todo: 'Update the client program, or the server.',
  },
  credential: {
    what: 'The server wants an account of the caller’s own, and there is none that works.',
    todo: CONNECT,
  },
  'credential.broker_away': {
    what: 'The caller’s account could not be read: the control plane was away.',
    todo: 'Try again. If it stays, look at the control plane.',
  },
  'credential.machine_refused': {
    what: 'Portway got no access to the server: who gives it refused, or did not answer.',
    todo: 'Look at the server’s authentication: the client secret may have expired.',
  },
  'credential.people_only': {
    what: 'This server is for people, who are vouched for by the company’s sign-in.',
    todo: 'Let a person call it; a service account cannot.',
  },
  'credential.key_not_forwarded': {
    what: 'This server gets the caller’s own token, and an API key is never handed on.',
    todo: 'Sign in with OAuth instead of an API key.',
  },
  'credential.origin': {
    what: 'The stored credential belongs to another address than the server’s.',
    todo: 'Store the credential again at the server’s authentication.',
  },
  'upstream.unreachable': {
    what: 'Nobody answered at the server’s address.',
    todo: 'Look whether the server runs, and whether its URL is right.',
  },
  'upstream.timeout': {
    what: 'The server took longer than it may.',
    todo: 'Look at what the server does, or give it more time in its settings.',
  },
  'upstream.blocked_address': {
    what: 'The server’s address is one that Portway must not call, such as a private one.',
    todo: 'Correct the URL, or ask your operator to allow the address.',
  },
  'upstream.credential_refused': {
    what: 'The server refused the credential that it was given.',
    todo: 'Store a new key, or let the caller connect their account again.',
  },
  'upstream.rate_limited': {
    what: 'The server itself says that it is called too often.',
    todo: 'Slow callers down with a limit of your own, or ask the server’s operator for more.',
  },
  'upstream.rpc_error': {
    what: 'The server answered with an error.',
    todo: 'The caller has the reason in the answer: often a tool that does not exist, or a wrong argument.',
  },
  upstream: {
    what: 'The server did not answer as an MCP server should.',
    todo: 'Look into the log of the server at this time, with the trace id.',
  },
  'member.off': {
    what: 'The server that has this is disabled.',
    todo: 'Enable it, or take it out of the virtual server.',
  },
  config: {
    what: 'The node could not use its configuration of this server.',
    todo: 'Try again in a moment. If it stays, tell your operator: a node may be out of date.',
  },
  'server.changed': {
    what: 'The server’s settings changed while the session was open.',
    todo: 'Nothing: clients connect again by themselves.',
  },
  gateway: { what: 'The node was busy, or stopping.', todo: 'Try again. If it stays, tell your operator.' },
  stream: {
    what: 'A stream could not be opened or resumed.',
    todo: 'Nothing, if it was once. If it stays, close clients that are not used.',
  },
  forbidden: { what: 'The caller may not do this here.', todo: 'Ask whoever manages the server.' },
  internal: { what: 'Portway made a mistake.', todo: 'Tell your operator, with the trace id.' },
}

/** What went wrong and what to do; nothing if nothing did. */
export function adviceOf({
  outcome,
  error_reason: reason,
}: Pick<Call, 'outcome' | 'error_reason'>): Advice | undefined {
  if (outcome === 'ok') return undefined
  if (outcome === 'cancelled') {
    return {
      what: OUTCOME_WORDS.cancelled.what,
      todo: 'Nothing, if somebody stopped it. Else look how long it took.',
    }
  }
  const noun = reason.split('.')[0] ?? ''
  return (
    ADVICE[reason] ??
    ADVICE[noun] ?? {
      what: OUTCOME_WORDS[outcome].what,
      todo: 'If it stays, tell your operator the reason and the trace id.',
    }
  )
}

/** What was called: a tool by its name, everything else by its method. */
export function calledWhat({ method, target }: Pick<Call, 'method' | 'target'>): {
  name: string
  kind: string
} {
  if (target === '') return { name: METHOD_WORDS[method] ?? method, kind: method }
  return { name: target, kind: method }
}

const METHOD_WORDS: Record<string, string> = {
  initialize: 'Connect',
  'server/discover': 'Connect',
  'tools/list': 'List tools',
  'prompts/list': 'List prompts',
  'resources/list': 'List resources',
  'resources/templates/list': 'List resource templates',
  'http/get': 'Open a stream',
  'http/post': 'A request that was not read',
  'http/delete': 'End a session',
}

/** Where the time went; the parts add up to the whole. */
export function timing({ duration_us: total, upstream_us }: Pick<Call, 'duration_us' | 'upstream_us'>) {
  const upstream = Math.min(upstream_us, total)
  return { total, upstream, gateway: total - upstream }
}
