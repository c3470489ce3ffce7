//! What the pages look like and how they read to a screen reader: with one of each, and with a thousand.

import type { Page } from '@playwright/test'
import { look, lookAtIt } from './look'
import { everyPage } from './pages'
import { callTools, inTurns, newKey, oneOfEach, pushPeople, type Things } from './things'
import { expect, test } from './world'

test('one of each', async ({ page, world }) => {
  test.setTimeout(600_000)
  const things = await oneOfEach(world, page.request)
  for (const { name, path } of everyPage(things)) await look(page, `one-${name}`, world.console(path))
})

/** The same pages in other states: by their address, which has them all. */
const STATES = [
  {
    name: 'how-to-use-key',
    path: ({ server }: Things) => `servers/${server}/how-to-use?client=cursor&sign_in=key`,
  },
  { name: 'how-to-use-headers', path: ({ server }: Things) => `servers/${server}/how-to-use?forward=yes` },
  { name: 'activity-none-fits', path: () => 'activity?tool=no_such_tool' },
  { name: 'activity-live', path: () => 'activity?live=true' },
  { name: 'usage-table', path: () => 'activity/usage?as=table' },
  { name: 'scim-entra', path: () => 'identity/scim?guide=entra' },
  { name: 'servers-none-found', path: () => 'servers?q=nothing-of-that-name' },
] as const

test('other states', async ({ page, world }) => {
  test.setTimeout(600_000)
  const things = await oneOfEach(world, page.request)
  for (const { name, path } of STATES) {
    await look(page, `state-${name}`, world.console(path(things)))
  }
})

const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click()

/** What opens over a page. */
const OVER = [
  { name: 'palette', path: () => 'servers', open: press('Search and commands') },
  { name: 'shortcuts', path: () => 'servers', open: (page: Page) => page.keyboard.press('?') },
  { name: 'account-menu', path: () => 'servers', open: press(/^Account of/) },
  { name: 'filter', path: () => 'activity', open: press('Outcome') },
  { name: 'time', path: () => 'activity', open: press('Last 24 hours') },
  {
    name: 'audit-event',
    path: () => 'activity/audit',
    open: (page: Page) => page.getByRole('row').nth(1).getByRole('link').click(),
  },
  { name: 'invite', path: () => 'people', open: press('Invite somebody') },
  { name: 'group', path: () => 'people/groups', open: press('Create a group') },
  {
    name: 'collaborators',
    path: ({ server }: Things) => `servers/${server}/collaborators`,
    open: press('Add people'),
  },
  { name: 'delete', path: ({ server }: Things) => `servers/${server}/settings`, open: press('Delete…') },
  { name: 'new-key', path: () => 'me/keys', open: press('Create a key') },
  { name: 'sign-out', path: () => 'me/sessions', open: press('Sign out everywhere') },
  { name: 'register-mistakes', path: () => 'servers/new', open: press('Register server') },
] as const

test('what opens over pages', async ({ page, world }) => {
  test.setTimeout(600_000)
  const things = await oneOfEach(world, page.request)
  for (const { name, path, open } of OVER) {
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.goto(world.console(path(things)))
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await open(page)
    await lookAtIt(page, `over-${name}`, { onlyTop: true })
  }
})

test('a thousand', async ({ page, world }) => {
  test.setTimeout(600_000)
  await inTurns(1_000, number => world.register(page.request, `server-${String(number).padStart(4, '0')}`))
  await pushPeople(world, page.request, 1_000)
  const { secret } = await newKey(world, page.request, 'Of a loop')
  await callTools(world, secret, 1_000)
  const loaded = (page: Page) => page.getByRole('row').nth(5).waitFor()
  for (const path of ['servers', 'people', 'activity', 'activity/audit']) {
    await look(page, `thousand-${path.replaceAll('/', '-')}`, world.console(path), {
      onlyTop: true,
      ready: loaded,
    })
  }
  await look(page, 'thousand-cards', world.console('servers?view=cards'), {
    onlyTop: true,
    beyond: 'main li:nth-child(n + 5)',
  })
  await look(page, 'thousand-usage', world.console('activity/usage'))
  await look(page, 'thousand-usage-by-tool', world.console('activity/usage?by=tool'))
})

test('of a thousand rows only those in view are in the document', async ({ page, world }) => {
  await page.goto(world.console('servers'))
  const first = page.getByRole('row').nth(1).getByRole('link')
  await expect(first).toBeVisible()
  await first.focus()
  // To the end of what is loaded, again and again, until that is all.
  const status = page.getByRole('status').filter({ hasText: /\d+ servers/ })
  await expect(async () => {
    await page.keyboard.press('End')
    // Those of other stories are among them.
    await expect(status).toHaveText(/^1,0\d\d servers$/, { timeout: 200 })
  }).toPass()
  expect(await page.getByRole('row').count()).toBeLessThan(60)
  await page.getByLabel('Find a server').fill('server-0007')
  await expect(page.getByRole('row', { name: /server-0007/ })).toBeVisible()
  await expect(page.getByText('1 server', { exact: true })).toBeVisible()
})
