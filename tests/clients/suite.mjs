// The client that the official suite drives. A running Portway stands between it and the scenario's server: the driver
// (`it/conformance/client.rs`) registers the server and signs the account in there, and an official MCP SDK client then
// does at the gateway what IDEs do. What is under test is Portway as a client.
//
//   node suite.mjs <driver> <the scenario's server>     with MCP_CONFORMANCE_* in the environment, as the suite sets them
const [driver, server] = process.argv.slice(2)
const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_PROTOCOL_VERSION: version = '' } = process.env
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}')

/** How often a person would follow a server that wants to be connected again. */
const AGAIN_MAX = 2
const REQUEST = { timeout: 20_000 }
const isModern = version >= '2026'

async function ask(path, body) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(new URL(path, driver), { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return JSON.parse(text)
}

/** The last error of the gateway: a client that only negotiates a version keeps nothing of it. */
let refused = null
async function remember(url, init) {
  const answer = await fetch(url, init)
  if (answer.headers.get('content-type')?.startsWith('application/json')) {
    const said = await answer.clone().json().catch(() => null)
    refused = said?.error ?? null
  }
  return answer
}

/** A client of the revision, before it connects. Each run needs one SDK and loads that alone. */
async function sdk(url, token) {
  const info = { name: 'portway-test-suite', version: '1.0.0' }
  const capabilities = { elicitation: { form: { applyDefaults: true } } }
  const options = { fetch: remember, requestInit: { headers: { authorization: `Bearer ${token}` } } }
  const answer = ({ params }) => ({ action: 'accept', content: values(params.requestedSchema, true) })
  if (isModern) {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
    const client = new Client(info, { capabilities, versionNegotiation: { mode: { pin: version } } })
    client.setRequestHandler('elicitation/create', answer)
    return { client, transport: new StreamableHTTPClientTransport(new URL(url), options) }
  }
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js')
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js')
  const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js')
  const client = new Client(info, { capabilities })
  client.setRequestHandler(ElicitRequestSchema, answer)
  return { client, transport: new StreamableHTTPClientTransport(new URL(url), options) }
}

/** What fits a schema; of an object every property, or those alone that must be there and have no default. */
function value(schema) {
  const { type, oneOf, anyOf } = schema
  if ('const' in schema) return schema.const
  if ('default' in schema) return schema.default
  if (schema.enum) return schema.enum[0]
  if (oneOf ?? anyOf) return value((oneOf ?? anyOf)[0])
  switch (Array.isArray(type) ? type[0] : type) {
    case 'integer':
    case 'number':
      return schema.minimum ?? schema.maximum ?? 7
    case 'boolean':
      return true
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => value(schema.items ?? {}))
    case 'object':
      return values(schema)
    case 'null':
      return null
    default:
      return 'text'.padEnd(schema.minLength ?? 0, '.')
  }
}

function values(schema, onlyRequired = false) {
  const wanted = ([name, of]) => !onlyRequired || (schema.required?.includes(name) && !('default' in of))
  return Object.fromEntries(
    Object.entries(schema?.properties ?? {})
      .filter(wanted)
      .map(([name, of]) => [name, value(of)]),
  )
}

/** What each tool is called with: as the scenario says, else as the schema says. */
function calls(tools) {
  const [observed] = tools
  if (scenario === 'json-schema-2020-12-preservation')
    return [{ name: 'json_schema_echo', arguments: { schema: observed.inputSchema } }]
  return tools.map(
    ({ name, inputSchema }) =>
      context.toolCalls?.find((call) => call.name === name) ?? { name, arguments: values(inputSchema) },
  )
}

/** What the gateway says of a credential, in an error or in a tool's result. */
function need(said) {
  const data = said?.data ?? said?._meta?.['portway/error']
  return data?.url && data.code?.startsWith('credential.') ? data : null
}

let again = 0
/** Does it; whoever is told to connect the account (again) goes there, and does it once more. */
async function persist(slug, act) {
  for (;;) {
    refused = null
    const said = await act().catch((error) => error)
    const wanted = need(said) ?? need(refused)
    if (!wanted || again === AGAIN_MAX) {
      if (said instanceof Error) throw said
      return said
    }
    again += 1
    await ask('authorize', { slug, url: wanted.url })
  }
}

const { id, slug, url, token } = await ask('begin', { server, scenario, context })
let failed = null
try {
  let client
  let transport
  await persist(slug, async () => {
    ;({ client, transport } = await sdk(url, token))
    await client.connect(transport, REQUEST)
  })
  const { tools } = await persist(slug, () => client.listTools(undefined, REQUEST))
  for (const call of calls(tools))
    await persist(slug, () =>
      isModern ? client.callTool(call, REQUEST) : client.callTool(call, undefined, REQUEST),
    )
  await transport.terminateSession?.()
  await client.close()
} catch (error) {
  failed = `${error?.constructor?.name}: ${error?.message ?? error}`
}
await ask('end', { id, scenario, failed })
if (failed) console.error(failed)
process.exit(failed ? 1 : 0)
