//! One of each thing that the console shows, made over the API, and many where a list has to hold many.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type APIRequestContext, expect } from '@playwright/test'
import { newerNode } from './parties'
import type { World } from './world'

/** Ids, under the names that addresses of the console have for them. */
export type Things = Record<
  'server' | 'user' | 'group' | 'account' | 'provider' | 'limitRule' | 'call' | 'key' | 'client',
  string
>

const made = new WeakMap<World, Promise<Things>>()

/** Makes them at the first call in a world. `request` is the owner's. */
export function oneOfEach(world: World, request: APIRequestContext): Promise<Things> {
  const things = made.get(world) ?? makeAll(world, request)
  made.set(world, things)
  return things
}

async function makeAll(world: World, request: APIRequestContext): Promise<Things> {
  const make = async (path: string, data: object) => (await world.post(request, path, data)).id as string
  const { id: key, secret } = await newKey(world, request, 'Nightly report')
  await callTools(world, secret, 1)
  const server = await world.register(request, 'github', {
    display_name: 'GitHub',
    description: 'Repositories, issues and pull requests.',
    outbound_auth: { kind: 'oauth_per_user' },
  })
  await world.grant(request, server, { kind: 'everyone' })
  const group = await make('groups', { display_name: 'Engineering', tenant_role: null })
  const user = await world.userId(request, 'Ada')
  const added = await request.patch(world.api(`groups/${group}/members`), {
    headers: { 'x-portway-csrf': '1' },
    data: { add: [user], remove: [] },
  })
  expect(added.ok(), await added.text()).toBe(true)
  const account = await make('service-accounts', { name: 'ci-deploys', description: 'The pipeline.' })
  await make('keys', { name: 'Pipeline', service_account_id: account })
  await make('invitations', { email: 'linus@example.com', role: 'member', delivery: 'by_hand' })
  await make('domains', { name: 'example.com' })
  await make('scim/tokens', { name: 'Okta' })
  const { client } = await world.post(request, 'clients', {
    name: 'Internal tool',
    redirect_uris: ['http://localhost/callback'],
    auth: 'none',
  })
  const provider = await make('identity-providers', {
    label: 'Okta',
    issuer: 'https://acme.okta.com',
    client_id: '0oa1b2c3',
    client_secret: 'a secret of the provider',
  })
  const limitRule = await make('limit-rules', {
    name: 'Searches',
    key: ['subject'],
    windows: [{ limit: 60, per: 'minute' }],
    // Of a thousand calls none is refused.
    mode: 'audit',
    subjects: [{ kind: 'group', id: group }],
  })
  return {
    server,
    user,
    group,
    account,
    provider,
    limitRule,
    key,
    client: client.id,
    call: await firstCall(world, request),
  }
}

type Fresh = { id: string; secret: string }

/** A key of the caller's own. */
export async function newKey(world: World, request: APIRequestContext, name: string): Promise<Fresh> {
  const { key, secret } = await world.post(request, 'keys', { name, expires_in_days: 7 })
  return { id: key.id, secret }
}

/** The id of a call, as soon as one is stored. */
async function firstCall(world: World, request: APIRequestContext): Promise<string> {
  let id = ''
  await expect
    .poll(async () => {
      const { items } = await (await request.get(world.api('calls?limit=1'))).json()
      id = items[0]?.id ?? ''
      return id
    })
    .not.toBe('')
  return id
}

const COPY = fileURLToPath(new URL('copy-call.mjs', import.meta.url))

/** So many calls, of which one was made: the others are copies of it in the database, which needs no minutes. */
export async function manyCalls(world: World, request: APIRequestContext, count: number) {
  const { secret } = await newKey(world, request, 'Of a loop')
  await callTools(world, secret, 1)
  await firstCall(world, request)
  await promisify(execFile)(newerNode(), [COPY, world.database, String(count - 1)])
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'nightly-report', version: '1.0.0' },
}
/** Most go well. */
const TOOLS = [
  { name: 'echo', arguments: { text: 'hello' } },
  { name: 'whoami', arguments: {} },
  { name: 'echo', arguments: { text: 'again' } },
  { name: 'fail', arguments: {} },
]

/** Calls tools of the demo server with an API key, as a program does. */
export async function callTools(world: World, key: string, count: number) {
  await inTurns(count, number => callOne(world.gatewayUrl('demo'), key, number))
}

async function callOne(url: string, key: string, number: number) {
  const tool = TOOLS[number % TOOLS.length] ?? TOOLS[0]
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool?.name ?? '',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: number,
      method: 'tools/call',
      params: { ...tool, _meta: META },
    }),
  })
  const text = await answer.text()
  expect(answer.status, text).toBe(200)
}

/** People, as an identity provider pushes them. */
export async function pushPeople(world: World, request: APIRequestContext, count: number) {
  const { secret } = await world.post(request, 'scim/tokens', { name: 'Push' })
  const { base_url } = await (await request.get(world.api('scim'))).json()
  await inTurns(count, async number => {
    const userName = `person-${String(number).padStart(4, '0')}@example.com`
    const answer = await fetch(`${base_url}/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify({
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName,
        displayName: `Person ${number}`,
        active: true,
      }),
    })
    expect(answer.status, await answer.text()).toBe(201)
  })
}

const AT_ONCE = 8

/** Does it for each number, several at a time. */
export async function inTurns(count: number, act: (number: number) => Promise<unknown>) {
  let next = 0
  const worker = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
