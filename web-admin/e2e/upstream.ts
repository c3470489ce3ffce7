//! An MCP server on loopback that does as the stories need: of either era, it lists in pages, asks for odd arguments, and
//! remembers calls.

import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** With the handshake of `initialize`, or with metadata per request. */
type Era = 'legacy' | 'modern'

type Params = { name?: string; arguments?: Record<string, unknown>; cursor?: string; uri?: string }

const TOOLS = [
  {
    name: 'find',
    title: 'Find things',
    description: 'Looks things up.',
    annotations: { readOnlyHint: true, openWorldHint: false },
    inputSchema: {
      type: 'object',
      properties: {
        text: { type: 'string', description: 'What to look for.' },
        limit: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
        kind: { enum: ['issue', 'page'] },
        tags: { type: 'array', items: { type: 'string' } },
        range: { type: 'object', properties: { from: { type: 'string', format: 'date' } } },
        more: { oneOf: [{ type: 'string' }, { type: 'number' }] },
      },
      required: ['text'],
    },
  },
  {
    name: 'wipe',
    description: 'Deletes everything.',
    annotations: { destructiveHint: true },
    inputSchema: { type: 'object', properties: {} },
  },
]
const SECOND_PAGE = [
  { name: 'picture', annotations: { readOnlyHint: true }, inputSchema: { type: 'object' } },
  { name: 'slow', annotations: { readOnlyHint: true }, inputSchema: { type: 'object' } },
]
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
/** What answers without a handshake say besides; the others need not know it. */
const WHOLE = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }
const SLOW_MS = 20_000

export class Upstream {
  /** Names of the tools that were called, in order. */
  readonly called: string[] = []
  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly era: Era,
  ) {}

  static async start(era: Era): Promise<Upstream> {
    const server = createServer()
    await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as AddressInfo
    const upstream = new Upstream(server, `http://127.0.0.1:${port}/mcp`, era)
    server.on('request', async (request, response) => {
      const message = request.method === 'POST' ? await read(request) : undefined
      if (message?.id === undefined) return response.writeHead(message ? 202 : 405).end()
      const answer = await upstream.answer(message.method, message.params ?? {})
      const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answer })
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    })
    return upstream
  }

  stop() {
    this.server.closeAllConnections()
    this.server.close()
  }

  private async answer(method: string, params: Params): Promise<object> {
    const own = this.era === 'modern' ? 'server/discover' : 'initialize'
    switch (method) {
      case own:
        return {
          result: {
            protocolVersion: '2025-06-18',
            supportedVersions: ['2026-07-28'],
            ...WHOLE,
            capabilities: { tools: {}, prompts: {} },
            serverInfo: { name: 'story-server', version: '7' },
          },
        }
      case 'tools/list':
        return {
          result: {
            ...WHOLE,
            ...(params.cursor ? { tools: SECOND_PAGE } : { tools: TOOLS, nextCursor: 'two' }),
          },
        }
      case 'tools/call':
        return { result: await this.call(params) }
      case 'prompts/list':
        return {
          result: { ...WHOLE, prompts: [{ name: 'greet', arguments: [{ name: 'who', required: true }] }] },
        }
      case 'prompts/get': {
        const text = `Say hello to ${params.arguments?.who}.`
        return { result: { ...WHOLE, messages: [{ role: 'user', content: { type: 'text', text } }] } }
      }
      default:
        return { error: { code: -32601, message: 'Method not found' } }
    }
  }

  private async call({ name = '', arguments: sent = {} }: Params): Promise<object> {
    this.called.push(name)
    if (name === 'picture')
      return { ...WHOLE, content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] }
    if (name === 'slow') await new Promise(done => setTimeout(done, SLOW_MS))
    const text = `${JSON.stringify(sent)} See https://docs.example.com/${name}.`
    return { ...WHOLE, content: [{ type: 'text', text }], structuredContent: { name } }
  }
}

async function read(request: IncomingMessage) {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString()) as { id?: number; method: string; params?: Params }
}
