//! What each role may not: the section or the button says so and why, and the API refuses whoever asks all the same.

import type { APIRequestContext, Browser, Page } from '@playwright/test'
import { type Known, LINES, type Line, permissions } from './denials'
import { oneOfEach } from './things'
import { expect, NOBODY, type TenantRole, test, type World } from './world'

const ROLES: readonly TenantRole[] = ['owner', 'admin', 'auditor', 'member']

let hidden: Promise<string> | undefined

/** Made at the first call. */
async function prepared(world: World, request: APIRequestContext): Promise<Known> {
  hidden ??= world.register(request, 'hidden')
  return { ...(await oneOfEach(world, request)), hidden: await hidden }
}

async function pageOf(browser: Browser, world: World, name: string, role: TenantRole): Promise<Page> {
  const cookies = role === 'owner' ? world.owner : await world.person(browser, name, role)
  return (await browser.newContext({ storageState: cookies })).newPage()
}

test('every action of the permission table has its line', () => {
  expect(LINES.map(({ action }) => action).sort()).toEqual([...permissions().keys()].sort())
})

for (const role of ROLES) {
  test(`what somebody who is ${role} finds closed, and what open`, async ({ browser, page, world }) => {
    test.setTimeout(180_000)
    const things = await prepared(world, page.request)
    const theirs = await pageOf(browser, world, role, role)
    const table = permissions()
    for (const at of new Set(LINES.map(line => line.page(things)))) {
      await theirs.goto(world.console(at))
      for (const line of LINES.filter(line => line.page(things) === at)) {
        const may = table.get(line.action)?.has(role) ?? false
        await test.step(`${line.action}: ${may ? 'open' : 'closed'}`, async () => {
          if (may) await isOpen(theirs, line)
          else {
            if (!(line.inside && role === 'member')) await isClosed(theirs, line)
            const status = (role === 'member' && line.toMembers) || (line.status ?? 403)
            expect(await ask(theirs, world, line.asks(things)), line.action).toBe(status)
          }
        })
      }
    }
    await theirs.context().close()
  })
}

async function isOpen(page: Page, { closed, button, item }: Line) {
  const main = page.getByRole('main')
  await expect(main.getByRole('heading', { level: 1 })).toBeVisible()
  if (closed) await expect(main).not.toContainText(closed)
  if (button) {
    const control = main
      .getByRole('button', { name: button })
      .or(main.getByRole('link', { name: button }))
      .first()
    await expect(control).toBeVisible()
    await expect(control).not.toHaveAttribute('aria-disabled', 'true')
  }
  if (item) {
    await main.getByRole('button', { name: item.menu }).click()
    const entry = page.getByRole('menuitem', { name: item.name })
    await expect(entry).toBeVisible()
    await expect(entry).not.toHaveAttribute('aria-disabled', 'true')
    await page.keyboard.press('Escape')
  }
}

async function isClosed(page: Page, { closed, button, item, why }: Line) {
  const main = page.getByRole('main')
  if (closed) await expect(main).toContainText(closed)
  if (button) {
    const control = main.getByRole('button', { name: button }).first()
    await expect(control).toHaveAttribute('aria-disabled', 'true')
    // Reached by the keyboard, it says why; pressed, it does nothing.
    await control.focus()
    await expect(page.getByRole('tooltip')).toContainText(why ?? '')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  }
  if (item) {
    await main.getByRole('button', { name: item.menu }).click()
    const entry = page.getByRole('menuitem', { name: item.name })
    await expect(entry).toHaveAttribute('aria-disabled', 'true')
    await expect(entry).toContainText(why ?? '')
    await page.keyboard.press('Escape')
  }
}

type Asked = { method: string; path: string; body?: object }

/** From the page, with its session: what somebody could type into its console. */
const ask = (page: Page, world: World, { method, path, body }: Asked): Promise<number> =>
  page.evaluate(
    async ([url, method, body]) => {
      const headers = { 'x-portway-csrf': '1', 'content-type': 'application/json' }
      return (await fetch(url, { method, headers, ...(body && { body }) })).status
    },
    [world.api(path), method, body ? JSON.stringify(body) : ''] as const,
  )

/** What a person with this role on a server, and none in the organisation, finds on its pages. */
const ON_A_SERVER = [
  {
    role: 'manager',
    changes: 200,
    settings: 'Out of service',
    tools: 'Switch by name…',
    people: /Add people/,
  },
  {
    role: 'user',
    changes: 403,
    settings: 'Only managers of this server change it.',
    // The server is none: what is tried is tried in their own name, and there is nothing to switch.
    tools: 'The tools could not be listed',
    people: /You may not see who else uses it/,
  },
] as const

for (const { role, changes, settings, tools, people } of ON_A_SERVER) {
  test(`what a server’s ${role} finds`, async ({ browser, page, world }) => {
    const { hidden } = await prepared(world, page.request)
    const server = await world.register(page.request, `of-a-${role}`)
    const theirs = await pageOf(browser, world, `sam-${role}`, 'member')
    const id = await world.userId(page.request, `sam-${role}`)
    await world.grant(page.request, server, { kind: 'user', id }, role)
    const main = theirs.getByRole('main')
    for (const [tab, words] of [
      ['', 'Gateway URL'],
      ['/settings', settings],
      ['/tools', tools],
      ['/collaborators', people],
    ] as const) {
      await theirs.goto(world.console(`servers/${server}${tab}`))
      await expect(main, tab).toContainText(words)
    }
    const same = { description: 'Changed.' }
    expect(await ask(theirs, world, { method: 'PATCH', path: `servers/${server}`, body: same })).toBe(changes)
    const off = { off: ['a_tool'] }
    const switches = `servers/${server}/tool-switches`
    expect(await ask(theirs, world, { method: 'PATCH', path: switches, body: off })).toBe(changes)
    // Of other servers they know nothing.
    expect(await ask(theirs, world, { method: 'PATCH', path: `servers/${hidden}`, body: same })).toBe(404)
    await theirs.context().close()
  })
}

test('whoever is not signed in sees nothing, and comes back to where they were', async ({
  browser,
  world,
}) => {
  const context = await browser.newContext({ storageState: NOBODY })
  const page = await context.newPage()
  await page.goto(world.console('limits'))
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in to Demo')
  await world.signIn(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Limits')
  await context.close()
})
