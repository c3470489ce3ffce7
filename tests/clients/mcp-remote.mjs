// An IDE that knows local servers only: the official SDK over standard input and output, with `mcp-remote` in between,
// which signs in and calls the gateway.
//
//   node mcp-remote.mjs <gateway url>      operations: connect | list | call {name, arguments} | close
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport, getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js'
import { freePort, serve, watchForAuthorization } from './lines.mjs'

const [url] = process.argv.slice(2)
const proxy = createRequire(import.meta.url).resolve('mcp-remote/dist/proxy.js')
const home = await mkdtemp(join(tmpdir(), 'portway-mcp-remote-'))
const client = new Client({ name: 'portway-test-stdio', version: '1.0.0' })

await serve({
  connect: async () => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [proxy, url, String(await freePort()), '--allow-http'],
      // A home of its own, and no browser to open: the URL is printed.
      env: { ...getDefaultEnvironment(), HOME: home, MCP_REMOTE_CONFIG_DIR: home, BROWSER: 'none' },
      stderr: 'pipe',
    })
    const log = watchForAuthorization(transport.stderr)
    await client.connect(transport).catch((error) => {
      throw new Error(`${error.message}\n${log()}`)
    })
    return { server: client.getServerVersion() }
  },
  list: async () => (await client.listTools()).tools,
  call: ({ name, arguments: args }) => client.callTool({ name, arguments: args ?? {} }),
  close: async () => {
    await client.close()
    await rm(home, { recursive: true, force: true })
  },
})
