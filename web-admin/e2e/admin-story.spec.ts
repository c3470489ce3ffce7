//! What an admin does, from nothing to a tool that is switched off: invites somebody, makes a group, registers a server,
//! gives it to the group; a developer adds it to an IDE; each call appears; a tool ends, and the access ends.

import type { Page } from '@playwright/test'
import { approve, backInIde, Ide } from './ide'
import { type Party, startServer } from './parties'
import { EITHER } from './stack'
import { expect, join, NOBODY, test, type World } from './world'

test.use({ kind: EITHER })

const TOOL = 'test_simple_text'
const SAYS = 'This is a simple text response for testing.'

test('from an invitation to a tool that is switched off', async ({ browser, page, world }) => {
  test.setTimeout(180_000)
  const server = await startServer()
  await page.goto(world.console('people'))
  const link = await invite(page, 'grace@example.com')
  const graces = await browser.newContext({ storageState: await join(browser, link, 'Grace Hopper') })
  const grace = await graces.newPage()
  await grace.goto(world.console('servers'))
  await expect(grace.getByText(/Field Notes/)).toHaveCount(0)

  await makeGroup(page, 'Engineering', 'Grace Hopper')
  await register(page, server)
  await giveTo(page, 'Engineering')

  const ide = await test.step('Grace finds the line for her IDE, signs in, and approves', async () => {
    const url = await copyUrl(grace, world)
    const ide = Ide.start(url)
    await ide.connect(async authorization => {
      await grace.goto(authorization)
      await approve(grace, 'Field Notes')
      await backInIde(grace)
    })
    expect(await ide.tools()).toContain(TOOL)
    return ide
  })

  await test.step('each call appears while Ada looks', async () => {
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Activity' }).click()
    await page.getByRole('button', { name: 'Live' }).click()
    await expect(page.getByRole('status').filter({ hasText: 'Live: calls appear' })).toBeVisible()
    expect(await ide.call(TOOL)).toBe(SAYS)
    const row = page.getByRole('row', { name: new RegExp(TOOL) })
    await expect(row).toContainText('Field Notes')
    await expect(row).toContainText('Grace Hopper')
    await expect(row).toContainText('OK')
    await page.getByRole('button', { name: 'Live' }).click()
    await row.getByRole('link').click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(TOOL)
    await expect(page.getByText('The call went well.')).toBeVisible()
    await expect(page.getByRole('main')).toContainText('portway-test-legacy')
  })

  await test.step('a tool is switched off, now', async () => {
    await page.getByRole('link', { name: 'Field Notes' }).first().click()
    await page.getByRole('link', { name: 'Tools' }).click()
    await page.getByRole('switch', { name: TOOL }).click()
    await expect.poll(() => ide.tools()).not.toContain(TOOL)
    await expect(ide.call(TOOL)).rejects.toThrow(/switched off/i)
    await page.goto(world.console('activity?live=true&outcome=refused'))
    await expect(page.getByRole('row', { name: new RegExp(TOOL) })).toContainText('Refused')
  })

  await test.step('the group loses the server, and its people with it', async () => {
    await page.getByRole('link', { name: 'Servers', exact: true }).first().click()
    await page.getByRole('link', { name: 'Field Notes' }).click()
    await page.getByRole('link', { name: 'Collaborators' }).click()
    await page.getByRole('button', { name: 'Take it from Engineering' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Take it away' }).click()
    await expect(page.getByRole('row', { name: /Engineering/ })).toHaveCount(0)
    await expect
      .poll(() =>
        ide.tools().then(
          () => 'lists tools',
          () => 'is refused',
        ),
      )
      .toBe('is refused')
    await grace.goto(world.console('servers'))
    // A newcomer's Portway has a server for everybody.
    await expect(grace.getByText(/^(Nothing is shared with you yet|1 server)$/)).toBeVisible()
    await expect(grace.getByRole('link', { name: 'Field Notes' })).toHaveCount(0)
  })

  await ide.close()
  await graces.close()
  await server.stop()
})

test('somebody else’s link is no way in', async ({ browser, page, world }) => {
  await page.goto(world.console('people'))
  const link = await invite(page, 'once@example.com')
  await join(browser, link, 'Only Once')
  const context = await browser.newContext({ storageState: NOBODY })
  const second = await context.newPage()
  await second.goto(link)
  await expect(second.getByRole('button', { name: 'Join' })).toHaveCount(0)
  await context.close()
})

/** Invites somebody; gives back the link that works once. */
async function invite(page: Page, email: string): Promise<string> {
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: `${email} is invited` })
  const link = (await dialog.locator('code').textContent()) ?? ''
  // Not lost by accident.
  await page.keyboard.press('Escape')
  await dialog.getByRole('button', { name: 'I have stored it' }).click()
  await expect(dialog).toHaveCount(0)
  expect(await page.content()).not.toContain(link)
  return link
}

async function makeGroup(page: Page, name: string, person: string) {
  await page.getByRole('link', { name: 'People' }).click()
  await page.getByRole('link', { name: 'Groups' }).click()
  await page.getByRole('button', { name: 'Create a group' }).first().click()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create the group' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name)
  await page.getByRole('button', { name: 'Add people' }).first().click()
  await page.getByRole('checkbox', { name: person }).check()
  await page.getByRole('button', { name: 'Add 1' }).click()
  await expect(page.getByRole('row', { name: new RegExp(person) })).toBeVisible()
}

async function register(page: Page, { url }: Party) {
  await page.getByRole('link', { name: 'Servers', exact: true }).first().click()
  await page.getByRole('link', { name: 'Register server' }).first().click()
  await page.getByLabel('URL of the MCP server').fill(url)
  await page.getByLabel('Name', { exact: true }).fill('Field Notes')
  await page.getByRole('radio', { name: /^No authentication/ }).check()
  await page.getByRole('button', { name: 'Register server' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Field Notes')
}

async function giveTo(page: Page, group: string) {
  await page.getByRole('link', { name: 'Collaborators' }).first().click()
  await page.getByRole('button', { name: 'Add people' }).first().click()
  await page.getByLabel('Part of a name').fill(group.slice(0, 4))
  await page.getByRole('button', { name: `Add ${group}` }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('row', { name: new RegExp(group) })).toContainText('Group of 1 person')
}

/** As people do: from the page that says how, not from memory. */
async function copyUrl(page: Page, world: World): Promise<string> {
  await page.goto(world.console('servers'))
  await page.getByRole('link', { name: 'Field Notes' }).click()
  await page.getByRole('link', { name: 'Add to Client' }).click()
  const command = await page.getByText(/^claude mcp add/).textContent()
  const url = command?.split(' ').at(-1) ?? ''
  expect(url).toBe(world.gatewayUrl('field-notes'))
  return url
}
