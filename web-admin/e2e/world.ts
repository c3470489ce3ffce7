//! A running Portway with data of its own, and people in it.

import { type APIRequestContext, type Browser, test as base, expect, type Page } from '@playwright/test'
import { type Kind, type Stack, startStack, TENANT } from './stack'

export { TENANT } from './stack'

const PASSWORD = 'a few unrelated words'
const CHANGES = { 'x-portway-csrf': '1' }

/** Cookies of somebody who is not signed in: without a word, a new context is the owner's. */
export const NOBODY = { cookies: [], origins: [] }

export type Cookies = Awaited<ReturnType<APIRequestContext['storageState']>>
export type TenantRole = 'owner' | 'admin' | 'auditor' | 'member'
export type Subject = { kind: 'everyone' } | { kind: 'user' | 'group'; id: string }

export class World {
  private constructor(
    private readonly stack: Stack,
    /** Cookies of the tenant's owner. */
    readonly owner: Cookies,
  ) {}

  static async start(browser: Browser, kind: Kind): Promise<World> {
    const stack = await startStack(kind)
    return new World(stack, await join(browser, stack.invitation, 'Ada Lovelace'))
  }

  stop(): Promise<void> {
    return this.stack.stop()
  }

  /** Of the console and the API. */
  get origin(): string {
    return this.stack.origin
  }

  /** A file of SQLite. */
  get database(): string {
    if (this.stack.database === undefined) throw new Error('this world is not on a file')
    return this.stack.database
  }

  console(rest: string): string {
    return `${this.stack.origin}/console/${TENANT}/${rest}`
  }

  api(rest: string): string {
    return `${this.stack.origin}/api/v1/tenants/${TENANT}${rest && `/${rest}`}`
  }

  /** What an IDE is given. */
  gatewayUrl(slug: string): string {
    return `${this.stack.gateway}/${TENANT}/mcp/${slug}/server`
  }

  /** Somebody new, who joins by an invitation of the owner. */
  async person(browser: Browser, name: string, role: TenantRole): Promise<Cookies> {
    const owner = await browser.newContext({ storageState: this.owner })
    const { link } = await this.post(owner.request, 'invitations', {
      email: `${name}@example.com`,
      role,
      delivery: 'by_hand',
    })
    await owner.close()
    return join(browser, link, name)
  }

  /** The id of a person, by a part of their name. */
  async userId(request: APIRequestContext, name: string): Promise<string> {
    const { items } = await (await request.get(this.api(`users?q=${name}`))).json()
    expect(items, name).toHaveLength(1)
    return items[0].id
  }

  /** Registers a server over the API; gives back its id. */
  async register(request: APIRequestContext, slug: string, more: object = {}): Promise<string> {
    const data = { slug, display_name: slug, upstream_url: `https://${slug}.mcp.example.com/mcp`, ...more }
    return (await this.post(request, 'servers', data)).id
  }

  async grant(
    request: APIRequestContext,
    server: string,
    subject: Subject,
    role: 'user' | 'manager' = 'user',
  ) {
    const answer = await request.put(this.api(`servers/${server}/grants`), {
      headers: CHANGES,
      data: { subject, role },
    })
    expect(answer.ok(), await answer.text()).toBe(true)
  }

  /** Makes something; gives back what the API says of it. */
  // biome-ignore lint/suspicious/noExplicitAny: what is made differs
  async post(request: APIRequestContext, path: string, data: object): Promise<any> {
    const answer = await request.post(this.api(path), { headers: CHANGES, data })
    expect(answer.status(), `${path}: ${await answer.text()}`).toBe(201)
    return answer.json()
  }

  async signIn(page: Page, userName = 'owner@localhost') {
    await page.getByLabel('E-mail or user name').fill(userName)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
}

/** Takes an invitation in a browser of one's own; gives back its cookies. */
export async function join(browser: Browser, url: string, name: string): Promise<Cookies> {
  const context = await browser.newContext({ storageState: NOBODY })
  const page = await context.newPage()
  await page.goto(url)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByLabel('Password again').fill(PASSWORD)
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your servers')
  const cookies = await context.storageState()
  await context.close()
  return cookies
}

/** What the browser complains about on a page, from now on. */
function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    // An API that refuses is no fault of the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  return complaints
}

/** A story in the world. The page is the owner's, and complains about whatever the browser complains about. */
export const test = base.extend<{ page: Page }, { kind: Kind; world: World }>({
  kind: ['embedded', { scope: 'worker', option: true }],
  world: [
    async ({ browser, kind }, use) => {
      const world = await World.start(browser, kind)
      await use(world)
      await world.stop()
    },
    { scope: 'worker' },
  ],
  storageState: ({ world }, use) => use(world.owner),
  page: async ({ page }, use) => {
    const complaints = complaintsOf(page)
    await use(page)
    expect(
      complaints,
      'the browser complains about nothing, and the Content-Security-Policy stops nothing',
    ).toEqual([])
  },
})

export { expect } from '@playwright/test'
