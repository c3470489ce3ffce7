//! What the pages look like and how they read to a screen reader: with nothing, one row, a thousand.

import type { Page } from '@playwright/test'
import { heading, look } from './looks'
import { expect, test } from './world'

test('nothing yet, one server, and every page of it', async ({ page, world }) => {
  test.setTimeout(240_000)
  await world.clear(page.request)
  await look(page, world, 'servers-none', 'servers', page =>
    page.getByText('Register the first server').waitFor(),
  )
  const id = await world.register(page.request, 'github', {
    display_name: 'GitHub',
    description: 'Repositories, issues and pull requests.',
    outbound_auth: { kind: 'oauth_per_user' },
  })
  await look(page, world, 'servers-one', 'servers', page =>
    page.getByRole('link', { name: 'GitHub' }).waitFor(),
  )
  await look(page, world, 'register', 'servers/new', heading('Register a server'))
  await look(page, world, 'overview', `servers/${id}`, page => page.getByText('Your account').waitFor())
  await look(
    page,
    world,
    'how-to-use',
    `servers/${id}/how-to-use?client=cursor&sign_in=key`,
    heading('GitHub'),
  )
  await look(page, world, 'tools', `servers/${id}/tools`, page =>
    page.getByText('No tool was called').waitFor(),
  )
  await look(page, world, 'collaborators', `servers/${id}/collaborators`, page =>
    page.getByRole('row', { name: /Ada/ }).waitFor(),
  )
  await look(page, world, 'settings', `servers/${id}/settings`, page =>
    page.getByText('Out of service').waitFor(),
  )
})

test('a thousand servers', async ({ page, world }) => {
  test.setTimeout(240_000)
  const numbers = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(4, '0'))
  for (let at = 0; at < numbers.length; at += 10) {
    await Promise.all(
      numbers.slice(at, at + 10).map(number => world.register(page.request, `server-${number}`)),
    )
  }
  const loaded = (page: Page) => page.getByRole('row').nth(5).waitFor()
  await look(page, world, 'servers-thousand', 'servers', loaded)
  await look(page, world, 'servers-cards', 'servers?view=cards', page =>
    page.getByRole('heading', { level: 2 }).nth(5).waitFor(),
  )
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.goto(world.console('servers'))
  await loaded(page)
  // Only the rows in view are in the document, however far down it goes.
  for (let step = 0; step < 12; step++) {
    await page.mouse.wheel(0, 4_000)
    await page.waitForTimeout(100)
  }
  await expect(page.getByText('Loading more…')).toHaveCount(0)
  expect(await page.getByRole('row').count()).toBeLessThan(60)
  await page.getByLabel('Find a server').fill('server-0007')
  await expect(page.getByRole('row', { name: /server-0007/ })).toBeVisible()
  await expect(page.getByText('1 server', { exact: true })).toBeVisible()
})
