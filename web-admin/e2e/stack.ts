//! The real programs on free ports of loopback, with data of their own: everything in one process, or the planes apart as
//! docs/deployment.md runs them. With PORTWAY_TEST_POSTGRES_URL (an administrator's) the latter stand on PostgreSQL, and
//! two nodes share a Redis; else on SQLite, with one node.

import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from '@playwright/test'
import { end, firstLine, freePorts } from './programs'
import { startFront } from './relay'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BINARY = process.env.PORTWAY_BINARY ?? join(ROOT, 'target/debug/portway')
const POSTGRES = process.env.PORTWAY_TEST_POSTGRES_URL
export const TENANT = 'demo'
const OWNER = 'owner@localhost'

/** How long a program may take to become ready on a busy machine. */
const PATIENCE = { timeout: 60_000 }

/** `empty`: all in one, and no demo server in it. */
export type Kind = 'embedded' | 'empty' | 'deployed'
/** For the stories that are told on both: once as a newcomer starts it, once as a deployment does. */
export const EITHER: Kind = POSTGRES ? 'deployed' : 'embedded'

/** What runs, and the way in. */
export type Stack = {
  /** Of the console, the API and the sign-in. */
  origin: string
  /** Of the URLs that IDEs are given. */
  gateway: string
  /** Lets the tenant's first owner in, once. */
  invitation: string
  /** Where everything is, if it is all in one process. */
  database?: string
  stop: () => Promise<void>
}

export const startStack = (kind: Kind): Promise<Stack> =>
  kind === 'deployed' ? deployed() : embedded(kind === 'empty' ? ['--no-demo'] : [])

async function embedded(more: string[]): Promise<Stack> {
  const folder = newFolder()
  const program = spawn(BINARY, ['dev', '--port', '0', '--json', '--data-dir', folder, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { origin, setup_url } = JSON.parse(await firstLine(program))
  const stop = async () => {
    await end([program])
    rmSync(folder, { recursive: true, force: true })
  }
  return { origin, gateway: origin, invitation: setup_url, database: join(folder, 'portway.sqlite'), stop }
}

async function deployed(): Promise<Stack> {
  const folder = newFolder()
  const [http = 0, grpc = 0, admin = 0] = await freePorts(3)
  const origin = `http://localhost:${http}`
  const redis = POSTGRES ? await startRedis() : undefined
  const front = await startFront()
  const gateway = `http://localhost:${front.port}`
  const config = await configure(folder, { http, grpc, admin, origin, gateway })
  const control = (...words: string[]) =>
    run(beside('portway-control-plane'), [...words, '--config', config], { env: bare() })
  await control('migrate')
  const operator = secret(await control('operator', 'create', '--name', 'alice'), 'pwo_')
  const serving = spawn(beside('portway-control-plane'), ['serve', '--config', config], quiet(bare()))
  await ready(admin)
  const nodes: Awaited<ReturnType<typeof startNode>>[] = []
  for (const name of redis ? ['node-1', 'node-2'] : ['node-1']) {
    const nodeSecret = secret(await control('node', 'enrol', '--name', name), 'pwn_')
    nodes.push(await startNode({ name, secret: nodeSecret, grpc, gateway, redis: redis?.url }))
  }
  front.lead(nodes.map(node => node.port))
  const stop = async () => {
    await end([...nodes.map(node => node.program), serving])
    await front.stop()
    await redis?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { origin, gateway, invitation: await makeTenant(origin, operator), stop }
}

async function makeTenant(origin: string, operator: string): Promise<string> {
  const words = ['--slug', TENANT, '--name', 'Demo', '--owner-email', OWNER, '--json']
  const env = bare({ PORTWAY_URL: origin, PORTWAY_OPERATOR_TOKEN: operator })
  const { stdout } = await run(BINARY, ['tenant', 'create', ...words], { env })
  return JSON.parse(stdout).owner_invitation.link
}

type Places = { http: number; grpc: number; admin: number; origin: string; gateway: string }

/** The control plane's settings, and its database. Answers the file. */
async function configure(folder: string, { http, grpc, admin, origin, gateway }: Places): Promise<string> {
  const kek = join(folder, 'kek')
  writeFileSync(kek, randomBytes(32).toString('base64'), { mode: 0o600 })
  const database = POSTGRES
    ? await makeDatabase(POSTGRES)
    : { url: `sqlite://${join(folder, 'portway.db')}?mode=rwc` }
  const lines = [
    `listen = "127.0.0.1:${http}"`,
    `grpc_listen = "127.0.0.1:${grpc}"`,
    `admin_listen = "127.0.0.1:${admin}"`,
    `public_origin = "${origin}"`,
    `gateway_origins = ["${gateway}"]`,
    `kek_file = "${kek}"`,
    'require_second_factor = false',
    'client_documents = false',
    // Providers of MCP servers are on this machine.
    '[egress]',
    'allowed_private_ranges = ["127.0.0.0/8"]',
    '[database]',
    ...Object.entries(database).map(([name, url]) => `${name} = "${url}"`),
  ]
  const file = join(folder, 'control-plane.toml')
  writeFileSync(file, lines.join('\n'), { mode: 0o600 })
  return file
}

/** A database of this world's own, and the three logins, as an administrator makes them. */
async function makeDatabase(admin: string) {
  const database = `stories_${randomBytes(6).toString('hex')}`
  const passwords = { owner: newPassword(), app: newPassword(), system: newPassword() }
  const env = bare({
    PORTWAY_OWNER_PASSWORD: passwords.owner,
    PORTWAY_APP_PASSWORD: passwords.app,
    PORTWAY_SYSTEM_PASSWORD: passwords.system,
  })
  const roles = join(ROOT, 'deploy/sql/roles.sql')
  await run('psql', ['-X', '-v', `database=${database}`, '-f', roles, admin], { env })
  const { host } = new URL(admin)
  const as = (login: keyof typeof passwords) =>
    `postgres://gateway_${login}:${passwords[login]}@${host}/${database}`
  return { url: as('app'), system_url: as('system'), owner_url: as('owner') }
}

type NodeSettings = {
  name: string
  secret: string
  grpc: number
  gateway: string
  redis: string | undefined
}

async function startNode({ name, secret, grpc, gateway, redis }: NodeSettings) {
  const [port = 0, admin = 0] = await freePorts(2)
  const env = bare({
    PORTWAY_NODE_NODE_ID: name,
    PORTWAY_NODE_LISTEN: `127.0.0.1:${port}`,
    PORTWAY_NODE_ADMIN__LISTEN: `127.0.0.1:${admin}`,
    PORTWAY_NODE_CONTROL_PLANE__URL: `http://127.0.0.1:${grpc}`,
    PORTWAY_NODE_CONTROL_PLANE__NODE_SECRET: secret,
    PORTWAY_NODE_PUBLIC_ORIGINS: JSON.stringify([gateway]),
    PORTWAY_NODE_UPSTREAM__ALLOWED_PRIVATE_RANGES: '["127.0.0.0/8"]',
    ...(redis && { PORTWAY_NODE_REDIS__URL: redis }),
  })
  const program = spawn(beside('portway-data-plane'), [], quiet(env))
  await ready(admin)
  return { program, port }
}

async function startRedis() {
  const [port = 0] = await freePorts(1)
  const words = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no']
  const program = spawn('redis-server', words, quiet(bare()))
  return { url: `redis://localhost:${port}`, stop: () => end([program]) }
}

/** A program of the same build. */
const beside = (name: string) => join(dirname(BINARY), name)
/** Our settings refuse what they do not know: nothing of this process's environment goes along. */
const bare = (more: Record<string, string> = {}) => ({ PATH: process.env.PATH, ...more })
const quiet = (env: NodeJS.ProcessEnv) => ({ env, stdio: 'ignore' as const })
const newFolder = () => mkdtempSync(join(tmpdir(), 'portway-e2e-'))
const newPassword = () => randomBytes(24).toString('hex')

/** The word with this prefix in what a program printed. */
function secret({ stdout }: { stdout: string }, prefix: string): string {
  const word = stdout.split(/\s+/).find(word => word.startsWith(prefix))
  if (word === undefined) throw new Error(`no ${prefix}… was printed`)
  return word
}

const ready = (admin: number) =>
  expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${admin}/ready`).then(
          answer => answer.ok,
          () => false,
        ),
      PATIENCE,
    )
    .toBe(true)
