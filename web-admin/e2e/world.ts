//! The real program on a free port with data of its own, and people in it.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type APIRequestContext, type Browser, test as base, expect, type Page } from '@playwright/test'

const BINARY =
  process.env.PORTWAY_BINARY ?? fileURLToPath(new URL('../../target/debug/portway', import.meta.url))
export const TENANT = 'demo'
const PASSWORD = 'a few unrelated words'
const CHANGES = { 'x-portway-csrf': '1' }

/** Cookies of somebody who is not signed in: without a word, a new context is the owner's. */
export const NOBODY = { cookies: [], origins: [] }

type State = Awaited<ReturnType<APIRequestContext['storageState']>>

export class World {
  private constructor(
    readonly origin: string,
    private readonly program: ChildProcess,
    private readonly folder: string,
    /** Cookies of the tenant's owner. */
    readonly owner: State,
  ) {}

  static async start(browser: Browser): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'portway-e2e-'))
    const program = spawn(BINARY, ['dev', '--port', '0', '--json', '--data-dir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: program.stdout })
    const { value } = await lines[Symbol.asyncIterator]().next()
    const { origin, setup_url } = JSON.parse(value)
    const owner = await accept(browser, setup_url, 'Ada Lovelace')
    return new World(origin, program, folder, owner)
  }

  stop() {
    this.program.kill('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }

  console(rest: string): string {
    return `${this.origin}/console/${TENANT}/${rest}`
  }

  api(rest: string): string {
    return `${this.origin}/api/v1/tenants/${TENANT}/${rest}`
  }

  /** Somebody new, who joins by an invitation of the owner. */
  async person(browser: Browser, name: string, role: 'admin' | 'auditor' | 'member'): Promise<State> {
    const owner = await browser.newContext({ storageState: this.owner })
    const data = { email: `${name}@example.com`, role, delivery: 'by_hand' }
    const answer = await owner.request.post(this.api('invitations'), { headers: CHANGES, data })
    expect(answer.status(), await answer.text()).toBe(201)
    const { link } = await answer.json()
    await owner.close()
    return accept(browser, link, name)
  }

  /** Registers a server over the API; gives back its id. */
  async register(request: APIRequestContext, slug: string, more: object = {}): Promise<string> {
    const data = { slug, display_name: slug, upstream_url: `https://${slug}.mcp.example.com/mcp`, ...more }
    const answer = await request.post(this.api('servers'), { headers: CHANGES, data })
    expect(answer.status(), await answer.text()).toBe(201)
    return (await answer.json()).id
  }

  /** Deletes every server. */
  async clear(request: APIRequestContext) {
    for (;;) {
      const { items } = await (await request.get(this.api('servers?limit=200'))).json()
      if (items.length === 0) return
      for (const { id, slug } of items) {
        await request.delete(this.api(`servers/${id}?confirm=${slug}`), { headers: CHANGES })
      }
    }
  }

  async signIn(page: Page) {
    await page.getByLabel('E-mail or user name').fill('owner@localhost')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
}

/** Takes an invitation. */
async function accept(browser: Browser, url: string, name: string): Promise<State> {
  const context = await browser.newContext({ storageState: NOBODY })
  const page = await context.newPage()
  await page.goto(url)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByLabel('Password again').fill(PASSWORD)
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your servers')
  const state = await context.storageState()
  await context.close()
  return state
}

/** A story in the world. The page is the owner's, and complains about whatever the browser complains about. */
export const test = base.extend<{ page: Page }, { world: World }>({
  world: [
    async ({ browser }, use) => {
      const world = await World.start(browser)
      await use(world)
      world.stop()
    },
    { scope: 'worker' },
  ],
  storageState: ({ world }, use) => use(world.owner),
  page: async ({ page }, use) => {
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => {
      // An API that refuses is no fault of the page.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text())
    })
    await use(page)
    expect(
      complaints,
      'the browser complains about nothing, and the Content-Security-Policy stops nothing',
    ).toEqual([])
  },
})

export { expect } from '@playwright/test'
