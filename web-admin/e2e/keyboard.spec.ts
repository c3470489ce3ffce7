//! The console without a mouse: from registering a server to the line for an IDE, each stop with a mark that is seen, and
//! the focus back where it was when a dialog closes.

import type { Locator, Page } from '@playwright/test'
import { expect, test } from './world'

/** More stops than any page has before what is wanted. */
const STOPS_MAX = 60

test('register, give to a group, find the line for an IDE', async ({ page, world }) => {
  test.setTimeout(180_000)
  await world.post(page.request, 'groups', { display_name: 'Typists', tenant_role: null })
  await page.goto(world.console('limits'))
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Limits')
  await page.keyboard.press('g')
  await page.keyboard.press('s')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Servers')

  await test.step('register', async () => {
    await tabTo(page, page.getByRole('link', { name: 'Register server' }).first())
    await page.keyboard.press('Enter')
    // The form is ready to be typed into.
    await expect(page.getByLabel('URL of the MCP server')).toBeFocused()
    await page.keyboard.type('https://mcp.example.com/mcp')
    await tabTo(page, page.getByLabel('Name', { exact: true }))
    await page.keyboard.type('By Hand')
    await expect(page.getByLabel('Slug')).toHaveValue('by-hand')
    await tabTo(page, page.getByRole('radio', { name: /^No authentication/ }))
    await page.keyboard.press('ArrowUp')
    await expect(page.getByRole('radio', { name: /^Token passthrough/ })).toBeChecked()
    await page.keyboard.press('ArrowDown')
    await expect(page.getByRole('radio', { name: /^No authentication/ })).toBeChecked()
    await tabTo(page, page.getByRole('button', { name: 'Register server' }))
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('By Hand')
  })

  await test.step('give it to a group', async () => {
    await tabTo(
      page,
      page.getByRole('navigation', { name: 'Server' }).getByRole('link', { name: 'Collaborators' }),
    )
    await page.keyboard.press('Enter')
    const add = page.getByRole('button', { name: 'Add people' }).first()
    await tabTo(page, add)
    await page.keyboard.press('Enter')
    await expect(page.getByLabel('Part of a name')).toBeFocused()
    await page.keyboard.type('typi')
    await tabTo(page, page.getByRole('button', { name: 'Add Typists' }))
    await page.keyboard.press('Space')
    await expect(page.getByRole('row', { name: /Typists/, includeHidden: true })).toHaveCount(1)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Add people' }).first()).toBeFocused()
  })

  await test.step('take it back: asked first, refused, then done', async () => {
    const take = page.getByRole('button', { name: 'Take it from Typists' })
    await tabTo(page, take)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toBeVisible()
    await stayInside(page)
    await page.keyboard.press('Escape')
    await expect(take).toBeFocused()
  })

  await test.step('how to use it', async () => {
    await tabTo(page, page.getByRole('link', { name: 'Add to Client' }))
    await page.keyboard.press('Enter')
    await expect(page.getByText(/^claude mcp add/)).toBeVisible()
    await tabTo(page, page.getByRole('link', { name: 'Codex' }))
    await page.keyboard.press('Enter')
    await expect(page.getByText(/^codex mcp add/)).toBeVisible()
    await tabTo(page, page.getByRole('button', { name: 'API key' }))
    await page.keyboard.press('Space')
    await expect(page.getByText(/--bearer-token-env-var/)).toBeVisible()
    await tabTo(page, page.getByRole('switch', { name: 'Send headers to the server' }))
    await page.keyboard.press('Space')
    await expect(page.getByText(/http_headers = /)).toBeVisible()
  })
})

test('a key is made in two dialogs, and the focus is back at the button that opened the first', async ({
  page,
  world,
}) => {
  const { id } = await world.post(page.request, 'service-accounts', { name: 'by-keyboard', description: '' })
  for (const place of ['me/keys', `people/service-accounts/${id}`]) {
    await page.goto(world.console(place))
    const create = page.getByRole('button', { name: 'Create a key' }).first()
    await create.focus()
    await page.keyboard.press('Enter')
    await expect(page.getByLabel('Name', { exact: true })).toBeFocused()
    await page.keyboard.type('Of a script')
    // A key for chosen servers needs one: the mistake has the focus, though it is at no input.
    await page.getByRole('radio', { name: /^Chosen servers/ }).check()
    await page.keyboard.press('Enter')
    await expect(page.getByText('Choose at least one')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Servers', exact: true })).toBeFocused()
    await page.getByRole('radio', { name: /^All / }).check()
    await page.keyboard.press('Enter')
    await expect(page.getByText(/^pwk_/)).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByText(/^pwk_/)).toBeVisible()
    await tabTo(page, page.getByRole('button', { name: 'I have stored it' }))
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(create).toBeFocused()
  }
})

test('the palette goes to pages and servers, copies, and gives the focus back', async ({
  context,
  page,
  world,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await world.register(page.request, 'in-the-palette', { display_name: 'In the Palette' })
  await page.goto(world.console('people'))
  const find = page.getByLabel('Find a person')
  await expect(page.getByRole('row', { name: /Ada Lovelace/ })).toBeVisible()
  await page.keyboard.press('/')
  await expect(find).toBeFocused()
  await page.keyboard.press('Control+k')
  await expect(page.getByPlaceholder(/Go to a page/)).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(find).toBeFocused()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('limits')
  await expect(page.getByRole('option', { selected: true })).toHaveText('Limits')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Limits')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('in the pal')
  await expect(page.getByRole('option', { name: /^In the Palette/ })).toBeVisible()
  await expect(page.getByRole('option', { selected: true })).toContainText('In the Palette')
  for (let step = 0; step < 6; step++) {
    const chosen = page.getByRole('option', { selected: true })
    if ((await chosen.textContent()) === 'Copy the URL of In the Palette') break
    await page.keyboard.press('ArrowDown')
  }
  await page.keyboard.press('Enter')
  await expect(page.getByText('The URL of In the Palette is copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(world.gatewayUrl('in-the-palette'))
})

test('every section has its two keys, and they are told behind ?', async ({ page, world }) => {
  await page.goto(world.console('servers'))
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Servers')
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(dialog).toBeVisible()
  const told = await dialog.locator('dl > div').filter({ hasText: 'Go to ' }).all()
  const sections = await Promise.all(
    told.map(async line => ({
      heading: (await line.locator('dt').textContent())?.replace('Go to ', '') ?? '',
      keys: await line.locator('kbd').allTextContents(),
    })),
  )
  expect(sections.length).toBeGreaterThan(5)
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  for (const { heading, keys } of sections) {
    for (const key of keys) await page.keyboard.press(key.toLowerCase())
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading)
  }
})

test('a menu, a switch and a typed confirmation', async ({ page, world }) => {
  const id = await world.register(page.request, 'to-be-deleted')
  await page.goto(world.console(`servers/${id}/settings`))
  const remove = page.getByRole('button', { name: 'Delete…' })
  await expect(remove).toBeVisible()
  const account = page.getByRole('button', { name: /Account of/ })
  await tabTo(page, account)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Your servers' })).toBeFocused()
  await page.keyboard.press('End')
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(account).toBeFocused()
  await tabTo(page, remove)
  await page.keyboard.press('Space')
  const word = page.getByRole('dialog').getByLabel(/to confirm/)
  await expect(word).toBeFocused()
  // Enter does nothing before the word is right.
  await page.keyboard.type('to-be-deleted!')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Servers')
})

/** Goes on with Tab until this has the focus. Each stop on the way has a mark that is seen. */
async function tabTo(page: Page, wanted: Locator) {
  await expect(wanted).toBeVisible()
  const passed: string[] = []
  for (let stop = 0; stop < STOPS_MAX; stop++) {
    if (await wanted.evaluate(element => element === document.activeElement)) return
    await page.keyboard.press('Tab')
    const { name, isMarked } = await focused(page)
    expect.soft(isMarked, `${name} shows that it has the focus`).toBe(true)
    passed.push(name)
  }
  throw new Error(`no Tab leads to ${wanted}, only to: ${passed.join(' → ')}`)
}

/** What has the focus, and whether one sees it: a ring around it, around its row or its card, or a caret. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement ?? document.body
    const name = `<${element.tagName.toLowerCase()}> ${element.getAttribute('aria-label') ?? element.textContent?.slice(0, 40)}`
    const isRing = ({ outlineStyle, outlineWidth }: CSSStyleDeclaration) =>
      outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
    const around = [element, element.closest('label')].filter(one => one !== null)
    const rings = around.flatMap(one => [getComputedStyle(one), getComputedStyle(one, '::after')])
    // Between the last stop and the first is the browser's own bar.
    return { name, isMarked: element === document.body || rings.some(isRing) }
  })

/** In a dialog, Tab goes round in it. */
async function stayInside(page: Page) {
  for (let stop = 0; stop < 6; stop++) {
    await page.keyboard.press('Tab')
    const isInside = await page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null)
    expect(isInside).toBe(true)
  }
}
