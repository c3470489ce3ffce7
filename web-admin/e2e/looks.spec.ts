//! What the pages look like and how they read to a screen reader: with nothing, one row, a thousand; wide and narrow;
//! light and dark. Pictures go to screenshots/, to be looked at.

import type { Page } from '@playwright/test'
import axe, { type AxeResults } from 'axe-core'
import { Upstream } from './upstream'
import { expect, test, type World } from './world'

const SIZES = [
  { name: '1440', width: 1440, height: 900 },
  { name: '390', width: 390, height: 844 },
]

const RULES = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }

async function serious(page: Page): Promise<string[]> {
  // The policy of the page admits no script of ours, as it should: it comes by the debugger.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(RULES)})`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)
}

/** Looks at a page in both themes and sizes. */
async function look(
  page: Page,
  world: World,
  name: string,
  path: string,
  ready: (page: Page) => Promise<unknown>,
) {
  for (const { name: size, width, height } of SIZES) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.goto(world.console(path))
      await ready(page)
      await page.screenshot({ path: `screenshots/${name}-${size}-${colorScheme}.png` })
      expect.soft(await serious(page), `${name} at ${size}, ${colorScheme}`).toEqual([])
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect.soft(sideways, `${name} at ${size} does not scroll sideways`).toBeLessThanOrEqual(0)
    }
  }
}

const heading = (text: string) => (page: Page) =>
  expect(page.getByRole('heading', { level: 1 })).toHaveText(text)

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
    page.getByRole('link', { name: 'GitHub', exact: true }).waitFor(),
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
    page.getByText('could not be listed').waitFor(),
  )
  await look(page, world, 'collaborators', `servers/${id}/collaborators`, page =>
    page.getByRole('row', { name: /Ada/ }).waitFor(),
  )
  await look(page, world, 'settings', `servers/${id}/settings`, page =>
    page.getByText('Out of service').waitFor(),
  )
})

test('a playground and a virtual server', async ({ page, world }) => {
  test.setTimeout(240_000)
  const upstream = await Upstream.start('modern')
  const more = { display_name: 'Tracker', upstream_url: upstream.url }
  const id = await world.register(page.request, 'looks-tracker', more)
  const list = page.getByRole('list', { name: 'Tools' })
  await look(page, world, 'tools-listed', `servers/${id}/tools`, () =>
    list.getByRole('link', { name: 'find' }).waitFor(),
  )
  await look(page, world, 'playground', `servers/${id}/tools?tool=find`, async page => {
    await page.getByLabel('text', { exact: true }).fill('cats')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('region', { name: 'Structured content' }).waitFor()
    await page.locator('summary', { hasText: 'tools/call' }).click()
  })
  const members = [
    { server_id: id, alias: 'tracker', offer: { tools: [{ name: 'find', exposed_as: 'look' }] } },
  ]
  const made = { display_name: 'Engineering', upstream_url: undefined, members }
  const virtual = await world.register(page.request, 'looks-engineering', made)
  await look(page, world, 'virtual', `servers/${virtual}/settings`, page =>
    page.getByText('What clients will see').waitFor(),
  )
  await look(page, world, 'virtual-new', 'servers/new-virtual', heading('New virtual server'))
  upstream.stop()
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
