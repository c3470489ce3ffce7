//! What the lists look like while there is nothing: each says what it is for, and how to begin.

import { look } from './look'
import { everyList } from './pages'
import { expect, test } from './world'

test.use({ kind: 'empty' })

test('nothing yet', async ({ page, world }) => {
  test.setTimeout(600_000)
  for (const { name, path } of everyList()) await look(page, `none-${name}`, world.console(path))
})

test('somebody to whom nothing is shared', async ({ browser, world }) => {
  const context = await browser.newContext({ storageState: await world.person(browser, 'nora', 'member') })
  const page = await context.newPage()
  await look(page, 'none-servers-member', world.console('servers'))
  await expect(page.getByText('Nothing is shared with you yet')).toBeVisible()
  await look(page, 'none-people-member', world.console('people'))
  await context.close()
})
