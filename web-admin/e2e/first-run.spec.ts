//! The first run: a Portway that nobody has used, its owner at the door, and the three steps to a server that works. How
//! long it took is told, not judged: machines differ.

import type { Page } from '@playwright/test'
import { approve, backInIde, Ide } from './ide'
import { type Party, startServer } from './parties'
import { expect, NOBODY, TENANT, test } from './world'

test.use({ kind: 'empty' })

const TOOL = 'test_simple_text'
const SAYS = 'This is a simple text response for testing.'

test('from the door to a call in the activity', async ({ browser, world }) => {
  const server = await startServer()
  const context = await browser.newContext({ storageState: NOBODY })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  const began = Date.now()

  await test.step('through the door', async () => {
    await page.goto(world.origin)
    await page.getByLabel('Work e-mail').fill('owner@example.com')
    await page.getByRole('button', { name: 'Find my organisation' }).click()
    // Nobody has shown yet that a domain is theirs.
    await expect(page.getByRole('alert')).toContainText('Type its name below')
    await page.getByLabel('Organisation').fill(TENANT)
    await page.getByRole('button', { name: 'Continue' }).click()
    await world.signIn(page)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your servers')
    await page.getByRole('link', { name: 'Open the console' }).click()
    await expect(step(page)).toHaveText(/Register the first server/)
  })

  await test.step('register it by its URL, which is looked at', async () => {
    await step(page).getByRole('link', { name: 'Paste a URL' }).click()
    await register(page, server)
  })

  await test.step('give it to everybody', async () => {
    await backToServers(page)
    await expect(step(page)).toHaveText(/Give people access/)
    await step(page)
      .getByRole('link', { name: /^Add people to/ })
      .click()
    await page.getByRole('button', { name: 'Add people' }).first().click()
    await page.getByRole('button', { name: 'Add Everyone' }).click()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('row', { name: /Everyone/ })).toBeVisible()
  })

  const ide = await test.step('copy the line, and let the client in', async () => {
    await backToServers(page)
    await expect(step(page)).toHaveText(/Add it to your client/)
    await step(page).getByRole('link', { name: 'Add to Client' }).click()
    const url = await copiedUrl(page)
    await backToServers(page)
    const ide = Ide.start(url)
    // Its tab is another one, as when an IDE opens the browser.
    const tab = await context.newPage()
    await ide.connect(async authorization => {
      await tab.goto(authorization)
      await approve(tab, 'Field Notes')
      await backInIde(tab)
    })
    await tab.close()
    expect(await ide.call(TOOL)).toBe(SAYS)
    return ide
  })

  await test.step('the console says that all is done, and shows the call', async () => {
    const panel = page.getByRole('region', { name: 'Field Notes works' })
    await expect(panel.getByRole('listitem').filter({ hasText: 'done' })).toHaveCount(3)
    await panel.getByRole('link', { name: 'See its calls' }).click()
    const row = page.getByRole('row', { name: new RegExp(TOOL) })
    await expect(row).toContainText('Ada Lovelace')
    await expect(row).toContainText('OK')
  })

  console.log(`The first run took ${((Date.now() - began) / 1_000).toFixed(1)} s.`)
  await ide.close()
  await context.close()
  await server.stop()
})

/** The one to do now. */
const step = (page: Page) => page.getByRole('listitem').and(page.locator('[aria-current="step"]'))

async function backToServers(page: Page) {
  await page.getByRole('link', { name: 'Servers', exact: true }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Servers')
}

async function register(page: Page, { url }: Party) {
  await page.getByLabel('URL of the MCP server').fill(url)
  await page.keyboard.press('Tab')
  await expect(page.getByText(/^Filled in: the name/)).toBeVisible()
  await expect(page.getByRole('radio', { name: /^No authentication/ })).toBeChecked()
  await page.getByLabel('Name', { exact: true }).fill('Field Notes')
  await page.getByRole('button', { name: 'Register server' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Field Notes')
  await expect(page.getByText('So far only you may use it')).toBeVisible()
}

/** The URL in the line that is in the clipboard then. */
async function copiedUrl(page: Page): Promise<string> {
  const block = page.getByRole('figure').filter({ hasText: 'claude mcp add' }).first()
  await block.getByRole('button', { name: /^Copy/ }).click()
  const line = await page.evaluate(() => navigator.clipboard.readText())
  expect(line).toMatch(/^claude mcp add/)
  return line.split(' ').at(-1) ?? ''
}
