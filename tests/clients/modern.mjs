// A client of the modern era that does what IDEs do with its newer parts: an official MCP SDK client that answers
// questions, listens, and keeps a token it was given.
//
//   node modern.mjs <gateway url> <access token>
//
// stdin:  {"id":1,"op":"connect"} | "call" {name, arguments} | "listen" {filter} | "unlisten"
// stdout: {"id":1,"ok":true,"value":…} | {"id":1,"ok":false,"error":"…"}, and by itself
//         {"event":"question","params":…} | {"event":"notification","method":…} | {"event":"closed","how":…}
import { createInterface } from 'node:readline'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const [url, token] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const client = new Client(
  { name: 'portway-test-modern', version: '1.0.0' },
  { capabilities: { elicitation: { form: {}, url: {} } }, versionNegotiation: { mode: { pin: '2026-07-28' } } },
)
client.setRequestHandler('elicitation/create', ({ params }) => {
  say({ event: 'question', params })
  return { action: 'accept', content: { name: 'Ana' } }
})
for (const method of ['notifications/tools/list_changed', 'notifications/prompts/list_changed'])
  client.setNotificationHandler(method, () => say({ event: 'notification', method }))

let subscription
const operations = {
  connect: async () => {
    const headers = { authorization: `Bearer ${token}` }
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
    return { protocol: client.getNegotiatedProtocolVersion() }
  },
  call: ({ name, arguments: args }) => client.callTool({ name, arguments: args ?? {} }),
  listen: async ({ filter }) => {
    subscription = await client.listen(filter)
    subscription.closed.then((how) => say({ event: 'closed', how }))
    return subscription.honoredFilter
  },
  unlisten: async () => (await subscription.close(), null),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, op, ...input } = JSON.parse(line)
  Promise.resolve()
    .then(() => operations[op](input))
    .then((value) => say({ id, ok: true, value: value ?? null }))
    .catch((error) => say({ id, ok: false, error: String(error) }))
}
