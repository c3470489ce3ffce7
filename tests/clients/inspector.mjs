// The MCP Inspector's command line: one run per operation, credentials in a file of its own home in between.
//
//   node inspector.mjs <inspector> legacy|modern <gateway url>      operations: connect | list | call {name, arguments} | close
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, serve, watchForAuthorization } from './lines.mjs'

const [inspector, era, url] = process.argv.slice(2)
const home = await mkdtemp(join(tmpdir(), 'portway-inspector-'))
const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`

/** Answers the result that the method printed. */
async function run(words) {
  const target = ['--cli', url, '--transport', 'http', '--protocol-era', era, '--format', 'json', '--callback-url', callback]
  const env = { PATH: process.env.PATH, HOME: home, MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' }
  const child = spawn(process.execPath, [inspector, ...target, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const logs = [watchForAuthorization(child.stdout), watchForAuthorization(child.stderr)]
  const code = await new Promise((ended) => child.once('close', ended))
  const [output, log] = logs.map((read) => read())
  if (code !== 0) throw new Error(`exit code ${code}\n${output}\n${log}`)
  return JSON.parse(output).result
}

await serve({
  connect: () => run(['--method', 'tools/list']),
  list: async () => (await run(['--stored-auth-only', '--method', 'tools/list'])).tools,
  call: ({ name, arguments: args }) =>
    run(['--stored-auth-only', '--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args)]),
  close: () => rm(home, { recursive: true, force: true }),
})
