//! Operators, in a deployment of their own: what they do here is felt by everybody.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { test as base, expect, type Page } from '@playwright/test'
import { look, lookAtIt } from './look'

const BINARY =
  process.env.PORTWAY_BINARY ?? fileURLToPath(new URL('../../target/debug/portway', import.meta.url))

const heading = (text: string) => (page: Page) =>
  expect(page.getByRole('heading', { level: 1 })).toHaveText(text)

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Six digits, as the checksum of a key has them (proto/src/api_key.rs). */
const base62 = (number: number): string =>
  Array.from({ length: 6 }, (_, place) => DIGITS[Math.floor(number / 62 ** (5 - place)) % 62]).join('')

class Deployment {
  private constructor(
    readonly origin: string,
    /** Of its operator. */
    readonly token: string,
    private readonly program: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Deployment> {
    const folder = mkdtempSync(join(tmpdir(), 'portway-e2e-'))
    const program = spawn(BINARY, ['dev', '--port', '0', '--json', '--data-dir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: program.stdout })
    const { value } = await lines[Symbol.asyncIterator]().next()
    const { origin, operator_token_file } = JSON.parse(value)
    return new Deployment(origin, readFileSync(operator_token_file, 'utf8').trim(), program, folder)
  }

  stop() {
    this.program.kill('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }

  console(rest: string): string {
    return `${this.origin}/console/system/${rest}`
  }

  /** A node follows a tenant from the first request on that has a well-formed key, known or not. */
  async call(page: Page) {
    const key = `pwk_${'0'.repeat(22)}_${'0'.repeat(43)}`
    const headers = { authorization: `Bearer ${key}${base62(crc32(key))}` }
    const answer = await page.request.post(`${this.origin}/demo/mcp/demo/server`, { headers, data: {} })
    expect(answer.status()).toBe(401)
  }

  async signIn(page: Page) {
    await page.goto(this.console('tenants'))
    await page.getByLabel('Operator token').fill(this.token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await heading('Tenants')(page)
  }
}

const test = base.extend<{ page: Page }, { deployment: Deployment }>({
  deployment: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from here
    async ({}, use) => {
      const deployment = await Deployment.start()
      await use(deployment)
      deployment.stop()
    },
    { scope: 'worker' },
  ],
  page: async ({ page }, use) => {
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => {
      // An API that refuses is no fault of the page.
      const isRefusal = /^(Failed to load resource|ApiError: Sign in first)/.test(message.text())
      if (message.type() === 'error' && !isRefusal) complaints.push(message.text())
    })
    await use(page)
    expect(complaints, 'the browser complains about nothing').toEqual([])
  },
})

test('an operator makes a tenant, closes it, opens it, looks at the node, and leaves', async ({
  browser,
  page,
  deployment,
}) => {
  // On the way to a place, past the door, and back to the place.
  await page.goto(deployment.console('nodes'))
  await heading('Operations')(page)
  await page.getByLabel('Operator token').fill('pwo_guessed')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByLabel('Operator token')).toHaveAccessibleDescription(/no operator's token/)
  await page.getByLabel('Operator token').fill(deployment.token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await heading('Nodes')(page)
  const [cookie] = await page.context().cookies()
  expect(cookie).toMatchObject({ name: 'portway-operator', httpOnly: true, sameSite: 'Strict' })
  expect(await page.evaluate(() => document.cookie)).not.toContain('portway-operator')

  await page.getByRole('link', { name: 'Tenants' }).click()
  await page.getByRole('button', { name: 'Create a tenant' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('Demo')
  await dialog.getByLabel(/first owner/).fill('ana@globex.example')
  await dialog.getByRole('button', { name: 'Create the tenant' }).click()
  await expect(dialog.getByLabel(/Slug/)).toHaveAccessibleDescription(/slugs are never reused/)
  await dialog.getByLabel('Name', { exact: true }).fill('Globex')
  await dialog.getByRole('button', { name: 'Create the tenant' }).click()
  await expect(dialog).toContainText('ana@globex.example is invited as an owner')
  const link = (await dialog.locator('code').first().textContent()) ?? ''
  await dialog.getByRole('button', { name: 'I have stored it' }).click()
  await heading('Globex')(page)
  await expect(page.getByText('Active', { exact: true })).toBeVisible()
  // The link is as good as it says.
  const anas = await browser.newContext()
  const joining = await anas.newPage()
  await joining.goto(link)
  await expect(joining.getByRole('button', { name: 'Join' })).toBeVisible()

  await page.getByRole('button', { name: 'Suspend…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend the tenant' }).click()
  await expect(page.getByText('Suspended', { exact: true })).toBeVisible()
  await page.goto(deployment.console('tenants?q=glob'))
  await expect(page.getByRole('row', { name: /Globex/ })).toContainText('Suspended')
  await expect(page.getByText('1 tenant', { exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'Globex' }).click()
  await page.getByRole('button', { name: 'Resume…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Resume the tenant' }).click()
  await expect(page.getByText('Active', { exact: true })).toBeVisible()

  await page.getByLabel('Display name').fill('Globex Corporation')
  await page.getByLabel(/Calls under way/).fill('0.5')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByLabel(/Calls under way/)).toHaveAccessibleDescription(/whole number/)
  await page.getByLabel(/Calls under way/).fill('20')
  await page.getByRole('button', { name: 'Save' }).click()
  await heading('Globex Corporation')(page)
  await page.getByRole('button', { name: 'Replace…' }).first().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Replace the key' }).click()
  await expect(page.getByText('the new key is in force')).toBeVisible()

  await deployment.call(page)
  await page.getByRole('link', { name: 'Nodes' }).click()
  await expect(page.getByRole('cell', { name: 'Connected', exact: true })).toBeVisible()
  await page.getByRole('table').getByRole('link').first().click()
  await expect(page.getByRole('link', { name: 'demo', exact: true })).toBeVisible()
  await expect(page.getByText(/up to date/).first()).toBeVisible()
  await page.getByRole('button', { name: 'Drain…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Drain the node' }).click()
  await expect(page.getByText('Nothing is under way any more')).toBeVisible()
  await page.getByRole('link', { name: 'Nodes' }).first().click()
  await expect(page.getByRole('cell', { name: 'Drained', exact: true })).toBeVisible()
  await expect(page.getByRole('cell', { name: '0 calls', exact: true })).toBeVisible()
  await page.getByRole('table').getByRole('link').first().click()
  await page.getByRole('button', { name: 'Put into use…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Put the node into use' }).click()
  await expect(page.getByText('Connected', { exact: true }).first()).toBeVisible()

  await page.getByRole('button', { name: /Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await heading('Operations')(page)
  await page.goto(deployment.console('tenants'))
  await heading('Operations')(page)
  await expect(page.getByRole('row')).toHaveCount(0)
  await anas.close()
})

test('a node is enrolled and revoked, data keys are wrapped, a tenant is deleted', async ({
  page,
  deployment,
}) => {
  await deployment.signIn(page)
  await page.goto(deployment.console('nodes'))
  await page.getByRole('button', { name: 'Enrol a node' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('eu 1')
  await dialog.getByRole('button', { name: 'Enrol' }).click()
  await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription(/letters, digits, dots/)
  await dialog.getByLabel('Name').fill('eu-1')
  await dialog.getByRole('button', { name: 'Enrol' }).click()
  await expect(dialog.locator('code').first()).toHaveText(/^pwn_/)
  await dialog.getByRole('button', { name: 'I have stored it' }).click()
  await expect(page.getByRole('row', { name: /eu-1/ })).toContainText('Not connected')
  await page.getByRole('link', { name: 'eu-1' }).click()
  await page.getByRole('button', { name: 'Revoke…' }).click()
  await dialog.getByLabel(/to confirm/).fill('eu-1')
  await dialog.getByRole('button', { name: 'Revoke the node' }).click()
  await expect(page.getByText('It was revoked')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Revoke…' })).toHaveAttribute('aria-disabled', 'true')

  await page.getByRole('link', { name: 'Keys' }).click()
  await page.getByRole('button', { name: 'Wrap anew…' }).click()
  await dialog.getByRole('button', { name: 'Wrap anew' }).click()
  await expect(page.getByText(/0 data keys wrapped by .+, and \d+ w(as|ere) already/)).toBeVisible()

  await page.request.post(`${deployment.origin}/api/v1/platform/tenants`, {
    headers: { 'x-portway-csrf': '1' },
    data: { slug: 'short-lived', display_name: 'Short-lived' },
  })
  await page.goto(deployment.console('tenants/short-lived'))
  await page.getByRole('button', { name: 'Delete…' }).click()
  await expect(dialog.getByRole('button', { name: 'Delete for ever' })).toBeDisabled()
  await dialog.getByLabel(/to confirm/).fill('short-lived')
  await dialog.getByRole('button', { name: 'Delete for ever' }).click()
  await expect(page.getByText('Deleted', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0)
})

test('how the pages look', async ({ page, deployment }) => {
  test.setTimeout(240_000)
  await look(page, 'operations-sign-in', deployment.console('sign-in'))
  await deployment.signIn(page)
  const seen = (text: string | RegExp) => ({ ready: (page: Page) => page.getByText(text).first().waitFor() })
  await look(page, 'operations-tenants', deployment.console('tenants'), seen('Demo'))
  const none = deployment.console('tenants?q=nothing-like-it')
  await look(page, 'operations-tenants-none', none, seen('No tenant of that name'))
  await look(page, 'operations-tenant', deployment.console('tenants/demo'), seen('Out of service'))
  await look(page, 'operations-nodes', deployment.console('nodes'), seen(/^dev-/))
  await deployment.call(page)
  const { items } = await (await page.request.get(`${deployment.origin}/api/v1/platform/nodes`)).json()
  const connected = items.find((node: { streams: unknown[] }) => node.streams.length > 0)
  await look(page, 'operations-node', deployment.console(`nodes/${connected.id}`), seen(/up to date/))
  await look(page, 'operations-keys', deployment.console('keys'))
  await page.goto(deployment.console('tenants'))
  await page.getByRole('button', { name: 'Create a tenant' }).click()
  await lookAtIt(page, 'operations-new-tenant', { onlyTop: true })
})
