import { parse as parseToml } from 'smol-toml'
import { expect, test } from 'vitest'
import { CLIENT_IDS, type ClientId } from './client-ids'
import { clients, forwardedValue, type Way, type Wish } from './snippets'

const NAME = 'git-hub'
const URL_ = 'https://gw.example/acme/mcp/git-hub/server'
const FORWARD = { 'x-portway-mcp-headers': forwardedValue(NAME) }

const wish = (more: Partial<Wish> = {}): Wish => ({
  name: NAME,
  url: URL_,
  withKey: false,
  withForwarding: false,
  ...more,
})
const EVERY_WISH = [false, true].flatMap(withKey =>
  [false, true].map(withForwarding => wish({ withKey, withForwarding })),
)

const ways = (wish: Wish): Way[] => clients(wish).flatMap(({ add, signIn }) => [...add, ...signIn])
const of = (id: ClientId, wished: Wish): Way[] => clients(wished).find(client => client.id === id)?.add ?? []
const texts = (id: ClientId, format: string, wished = wish()) =>
  of(id, wished).flatMap(way => (way.kind === 'text' && way.format === format ? [way.text] : []))
const links = (id: ClientId, wished = wish()) =>
  of(id, wished).flatMap(way => (way.kind === 'link' ? [way.href] : []))
const configuration = (id: ClientId, wished = wish()) => JSON.parse(texts(id, 'json', wished)[0] ?? '')

test('every client is there once, with something to do', () => {
  for (const wished of EVERY_WISH) {
    const all = clients(wished)
    expect(all.map(client => client.id)).toEqual([...CLIENT_IDS])
    for (const client of all) expect(client.add.length, client.id).toBeGreaterThan(0)
  }
})

test('every configuration parses, and names the server by its slug', () => {
  for (const wished of EVERY_WISH) {
    for (const way of ways(wished)) {
      if (way.kind !== 'text') continue
      if (way.format === 'json') expect(JSON.stringify(JSON.parse(way.text))).toContain(NAME)
      if (way.format === 'toml') expect(parseToml(way.text)).toHaveProperty(['mcp_servers', NAME])
    }
  }
})

test('the members under which each client looks for the URL', () => {
  expect(configuration('claude-code')).toEqual({ mcpServers: { [NAME]: { type: 'http', url: URL_ } } })
  expect(configuration('cursor')).toEqual({ mcpServers: { [NAME]: { url: URL_ } } })
  expect(configuration('vscode')).toEqual({ servers: { [NAME]: { type: 'http', url: URL_ } }, inputs: [] })
  expect(configuration('gemini')).toEqual({ mcpServers: { [NAME]: { httpUrl: URL_ } } })
  expect(configuration('opencode')).toEqual({ mcp: { [NAME]: { type: 'remote', url: URL_ } } })
  expect(configuration('windsurf')).toEqual({ mcpServers: { [NAME]: { serverUrl: URL_ } } })
  expect(configuration('zed')).toEqual({ context_servers: { [NAME]: { url: URL_ } } })
  expect(configuration('jetbrains')).toEqual({ mcpServers: { [NAME]: { url: URL_ } } })
  expect(configuration('claude-desktop')).toEqual({
    mcpServers: { [NAME]: { command: 'npx', args: ['-y', 'mcp-remote', URL_] } },
  })
  expect(parseToml(texts('codex', 'toml')[0] ?? '')).toEqual({ mcp_servers: { [NAME]: { url: URL_ } } })
})

test('the commands', () => {
  const check = (id: ClientId, expected: string, wished = wish()) =>
    expect(texts(id, 'shell', wished)[0], id).toBe(expected)
  check('claude-code', `claude mcp add --transport http ${NAME} ${URL_}`)
  check('codex', `codex mcp add ${NAME} --url ${URL_}`)
  check('gemini', `gemini mcp add --transport http ${NAME} ${URL_}`)
  check('vscode', `code --add-mcp '{"name":"${NAME}","type":"http","url":"${URL_}"}'`)
  check('mcp-remote', `npx -y mcp-remote ${URL_}`)
  const key = wish({ withKey: true })
  check(
    'claude-code',
    `claude mcp add --transport http ${NAME} ${URL_} --header "Authorization: Bearer $PORTWAY_API_KEY"`,
    key,
  )
  check('codex', `codex mcp add ${NAME} --url ${URL_} --bearer-token-env-var PORTWAY_API_KEY`, key)
})

test('the links decode to the same configuration as the file', () => {
  for (const wished of EVERY_WISH) {
    const server = configuration('cursor', wished).mcpServers[NAME]
    for (const link of links('cursor', wished)) {
      const { searchParams } = new URL(link)
      expect(searchParams.get('name')).toBe(NAME)
      expect(JSON.parse(atob(searchParams.get('config') ?? ''))).toEqual(server)
    }
  }
  for (const link of links('vscode')) {
    const [scheme, config] = link.split(':mcp/install?')
    expect(scheme).toMatch(/^vscode(-insiders)?$/)
    expect(JSON.parse(decodeURIComponent(config ?? ''))).toEqual({ name: NAME, type: 'http', url: URL_ })
  }
  expect(links('cursor')[0]).toMatch(/^cursor:\/\/anysphere\.cursor-deeplink\/mcp\/install\?/)
})

test('a key comes from the environment where the client can read it there', () => {
  const key = wish({ withKey: true })
  const check = (id: ClientId, path: string[], value: string) =>
    expect(configuration(id, key), id).toHaveProperty([...path, 'headers', 'Authorization'], value)
  check('claude-code', ['mcpServers', NAME], 'Bearer ${PORTWAY_API_KEY}')
  check('cursor', ['mcpServers', NAME], 'Bearer ${env:PORTWAY_API_KEY}')
  check('vscode', ['servers', NAME], 'Bearer ${input:portway-key}')
  check('gemini', ['mcpServers', NAME], 'Bearer $PORTWAY_API_KEY')
  check('opencode', ['mcp', NAME], 'Bearer {env:PORTWAY_API_KEY}')
  check('windsurf', ['mcpServers', NAME], 'Bearer ${env:PORTWAY_API_KEY}')
  check('zed', ['context_servers', NAME], 'Bearer <your API key>')
  expect(configuration('vscode', key).inputs).toMatchObject([{ id: 'portway-key', password: true }])
})

test('forwarded headers are JSON within JSON, keyed by the slug', () => {
  expect(JSON.parse(forwardedValue(NAME))).toEqual({
    [NAME]: { Authorization: 'Bearer <token for the server>' },
  })
  const forward = wish({ withForwarding: true })
  for (const id of ['claude-code', 'cursor', 'gemini', 'windsurf', 'jetbrains'] as const) {
    expect(configuration(id, forward).mcpServers[NAME].headers, id).toEqual(FORWARD)
  }
  expect(parseToml(texts('codex', 'toml', forward)[0] ?? '')).toHaveProperty(
    ['mcp_servers', NAME, 'http_headers'],
    FORWARD,
  )
  // Its command line takes no headers, so that it would leave them out in silence.
  expect(texts('codex', 'shell', forward)).toEqual([])
})

test('no URL on plain http is kept from the bridge', () => {
  const loopback = wish({ url: 'http://localhost:8080/acme/mcp/demo/server' })
  expect(configuration('claude-desktop', loopback).mcpServers[NAME].args).toContain('--allow-http')
})

test('the programs', () => {
  const all = wish({ withKey: true, withForwarding: true })
  expect(texts('python', 'python', all)[0]).toMatchInlineSnapshot(`
    "import asyncio
    import json
    import os

    from fastmcp import Client
    from fastmcp.client.transports import StreamableHttpTransport

    transport = StreamableHttpTransport(
        "https://gw.example/acme/mcp/git-hub/server",
        headers={"x-portway-mcp-headers": json.dumps({"git-hub": {"Authorization": "Bearer <token for the server>"}})},
        auth=os.environ["PORTWAY_API_KEY"],
    )


    async def main():
        async with Client(transport) as client:
            for tool in await client.list_tools():
                print(tool.name)


    asyncio.run(main())"
  `)
  expect(texts('typescript', 'typescript', all)[0]).toMatchInlineSnapshot(`
    "import { Client } from '@modelcontextprotocol/sdk/client/index.js'
    import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

    const headers = {
      Authorization: \`Bearer \${process.env.PORTWAY_API_KEY}\`,
      'x-portway-mcp-headers': JSON.stringify({ 'git-hub': { Authorization: 'Bearer <token for the server>' } }),
    }
    const transport = new StreamableHTTPClientTransport(new URL('https://gw.example/acme/mcp/git-hub/server'), { requestInit: { headers } })
    const client = new Client({ name: 'my-program', version: '1.0.0' })
    await client.connect(transport)
    for (const tool of (await client.listTools()).tools) console.log(tool.name)
    await client.close()"
  `)
  expect(texts('python', 'python')[0]).toContain(`Client("${URL_}", auth="oauth")`)
})
