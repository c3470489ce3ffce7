// An IDE as far as the gateway can tell: an official MCP SDK client with OAuth, driven by JSON lines.
//
//   node ide.mjs legacy|modern <gateway url>
//
// stdin:  {"id":1,"op":"connect"} | "list" | "call" {name, arguments} | "read" {uri} | "prompt" {name, arguments}
//         | "tokens" (what is stored) | "set_tokens" {tokens} | "close"
// stdout: {"id":1,"ok":true,"value":…} | {"id":1,"ok":false,"error":"…"} and {"event":"authorize","url":"…"} when the
//         browser must open. The redirect is received on a loopback port, as an IDE does.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import * as modern from '@modelcontextprotocol/client'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { UnauthorizedError as LegacyUnauthorized } from '@modelcontextprotocol/sdk/client/auth.js'

const [era, url] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const sdk =
  era === 'modern'
    ? {
        unauthorized: modern.UnauthorizedError,
        transport: (provider) => new modern.StreamableHTTPClientTransport(new URL(url), { authProvider: provider }),
        client: () =>
          new modern.Client(
            { name: 'portway-test-modern', version: '1.0.0' },
            { versionNegotiation: { mode: { pin: '2026-07-28' } } },
          ),
      }
    : {
        unauthorized: LegacyUnauthorized,
        transport: (provider) => new LegacyTransport(new URL(url), { authProvider: provider }),
        client: () => new LegacyClient({ name: 'portway-test-legacy', version: '1.0.0' }),
      }

// The browser comes back here.
let deliver
const callback = createServer((request, response) => {
  const query = new URL(request.url, 'http://localhost').searchParams
  response.end('You can close this tab.')
  if (request.url.startsWith('/callback')) deliver?.(query)
})
await new Promise((ready) => callback.listen(0, '127.0.0.1', ready))

const store = {}
const provider = {
  redirectUrl: `http://localhost:${callback.address().port}/callback`,
  clientMetadata: {
    client_name: `Portway test IDE (${era})`,
    redirect_uris: [`http://localhost:${callback.address().port}/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  },
  state: () => (store.state = crypto.randomUUID()),
  clientInformation: () => store.client,
  saveClientInformation: (client) => {
    store.client = client
  },
  tokens: () => store.tokens,
  saveTokens: (tokens) => {
    store.tokens = tokens
  },
  redirectToAuthorization: (authorization) => say({ event: 'authorize', url: authorization.href }),
  saveCodeVerifier: (verifier) => {
    store.verifier = verifier
  },
  codeVerifier: () => store.verifier,
  invalidateCredentials: (what) => {
    say({ event: 'invalidated', what })
    if (what === 'all' || what === 'client') delete store.client
    if (what === 'all' || what === 'tokens') delete store.tokens
    if (what === 'all' || what === 'verifier') delete store.verifier
  },
}

let client
async function connect() {
  const redirect = new Promise((resolve) => (deliver = resolve))
  client = sdk.client()
  const transport = sdk.transport(provider)
  try {
    await client.connect(transport)
  } catch (error) {
    if (!(error instanceof sdk.unauthorized)) throw error
    const query = await redirect
    if (query.get('error')) throw new Error(`authorization refused: ${query.get('error')}`)
    if (query.get('state') !== store.state) throw new Error('the state came back changed')
    await (era === 'modern' ? transport.finishAuth(query) : transport.finishAuth(query.get('code')))
    client = sdk.client()
    await client.connect(sdk.transport(provider))
  }
  return { server: client.getServerVersion(), protocol: client.getNegotiatedProtocolVersion?.() ?? null }
}

const operations = {
  connect,
  list: async () => (await client.listTools()).tools,
  call: ({ name, arguments: args }) => client.callTool({ name, arguments: args ?? {} }),
  read: ({ uri }) => client.readResource({ uri }),
  prompt: ({ name, arguments: args }) => client.getPrompt({ name, arguments: args ?? {} }),
  tokens: () => store.tokens ?? null,
  set_tokens: ({ tokens }) => {
    store.tokens = tokens
    return null
  },
  close: async () => {
    await client?.close()
    callback.close()
    callback.closeAllConnections()
    lines.close()
    return null
  },
}

const lines = createInterface({ input: process.stdin })
lines.on('line', async (line) => {
  const { id, op, ...input } = JSON.parse(line)
  try {
    say({ id, ok: true, value: (await operations[op](input)) ?? null })
  } catch (error) {
    say({ id, ok: false, error: `${error?.constructor?.name}: ${error?.message ?? error}` })
  }
})
