// A legacy client that can be asked everything: roots, sampling, elicitation. Driven by JSON lines.
//
//   node host.mjs <gateway url> <access token>
//
// stdin:  {"id":1,"op":"connect"} | "call" {name, arguments} | "level" {level} | "watch" {uri} | "unwatch" {uri}
//         | "roots_changed" | "wait" {method} (until it was told so, then answers the parameters and forgets)
//         | "heard" (methods it was told, in order) | "close"
// stdout: {"id":1,"ok":true,"value":…} | {"id":1,"ok":false,"error":"…"}; a call answers {result, progress}
import { createInterface } from 'node:readline'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'

const [url, token] = process.argv.slice(2)
const capabilities = {
  roots: { listChanged: true },
  sampling: {},
  elicitation: { form: { applyDefaults: true }, url: {} },
}
const client = new Client({ name: 'portway-test-host', version: '1.0.0' }, { capabilities })
client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
  role: 'assistant',
  model: 'test-model',
  content: { type: 'text', text: `sampled ${params.messages[0].content.text}` },
}))
client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
  action: 'accept',
  content: { response: `elicited ${params.message}` },
}))
client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///test-root', name: 'test root' }] }))

let told = []
let wake = () => {}
client.fallbackNotificationHandler = async (notification) => {
  told.push(notification)
  wake()
}

async function wait({ method }) {
  for (;;) {
    const at = told.findIndex((notification) => notification.method === method)
    if (at >= 0) return told.splice(at, 1)[0].params ?? {}
    await new Promise((heard) => (wake = heard))
  }
}

async function call({ name, arguments: args }) {
  const progress = []
  const onprogress = (step) => progress.push(step.progress)
  const result = await client.callTool({ name, arguments: args ?? {} }, undefined, { onprogress })
  return { result, progress }
}

const operations = {
  connect: async () => {
    const requestInit = { headers: { Authorization: `Bearer ${token}` } }
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
    return client.getServerCapabilities()
  },
  call,
  level: ({ level }) => client.setLoggingLevel(level),
  watch: ({ uri }) => client.subscribeResource({ uri }),
  unwatch: ({ uri }) => client.unsubscribeResource({ uri }),
  roots_changed: () => client.sendRootsListChanged(),
  wait,
  heard: () => told.map((notification) => notification.method),
  close: async () => {
    await client.transport.terminateSession()
    await client.close()
    lines.close()
  },
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const lines = createInterface({ input: process.stdin })
lines.on('line', async (line) => {
  const { id, op, ...input } = JSON.parse(line)
  try {
    say({ id, ok: true, value: (await operations[op](input)) ?? null })
  } catch (error) {
    say({ id, ok: false, error: `${error?.constructor?.name}: ${error?.message ?? error}` })
  }
})
