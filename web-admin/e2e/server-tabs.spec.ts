//! What the tabs of a server show and change: who it is let in by, what limits it, how it fares; and the same as YAML.

import { expect, test } from './world'

test('a shared key is replaced, an override set and taken away, and no value is shown again', async ({
  page,
  world,
}) => {
  const id = await world.register(page.request, 'keyed', {
    outbound_auth: {
      kind: 'shared_header',
      headers: [{ name: 'authorization', value: 'Bearer first-secret' }],
    },
  })
  await page.goto(world.console(`servers/${id}/authentication`))
  await expect(page.getByText('everybody calls with the key that is stored here')).toBeVisible()
  await expect(page.getByText('https://keyed.mcp.example.com', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Replace' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Replace the key' }).click()
  await expect(dialog.getByText('Type the new value')).toBeVisible()
  await dialog.getByLabel('authorization').fill('Bearer second-secret')
  await dialog.getByRole('button', { name: 'Replace the key' }).click()
  await expect(page.getByRole('status').getByText('The shared key is replaced')).toBeVisible()

  await page.getByRole('button', { name: 'Set an override' }).click()
  await dialog.getByRole('combobox', { name: 'For whom' }).selectOption('me')
  await dialog.getByLabel('Value').fill('Bearer third-secret')
  await dialog.getByRole('button', { name: 'Set the override' }).click()
  const mine = page.getByRole('list', { name: 'Overrides' }).getByRole('listitem')
  await expect(mine).toContainText('authorization')
  await expect(page.locator('body')).not.toContainText('secret')
  await page.getByRole('button', { name: /^Remove the override of/ }).click()
  await dialog.getByRole('button', { name: 'Remove it' }).click()
  await expect(page.getByText('Nobody has one.')).toBeVisible()

  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await dialog.getByLabel(/to confirm/).fill('keyed')
  await dialog.getByRole('button', { name: 'Remove the key' }).click()
  await expect(page.getByText('the server asks for nothing')).toBeVisible()
})

test('a manager stores a key for a service account, sees its state, and removes it', async ({
  page,
  world,
}) => {
  const id = await world.register(page.request, 'own-keys', {
    outbound_auth: {
      kind: 'per_user_header',
      fields: [{ name: 'token', label: 'API token' }],
      headers: [{ name: 'authorization', value: 'Bearer {token}' }],
    },
  })
  await page.request.post(world.api('service-accounts'), {
    headers: { 'x-portway-csrf': '1' },
    data: { name: 'nightly', description: '' },
  })
  await page.goto(world.console(`servers/${id}/authentication`))
  await page.getByRole('button', { name: 'Store for somebody' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('API token').fill('abc')
  await dialog.getByRole('button', { name: 'Store', exact: true }).click()
  await expect(dialog.getByText('Choose whose it is')).toBeVisible()
  await dialog.getByPlaceholder('Part of a name').fill('night')
  await dialog.getByRole('option', { name: /nightly/ }).click()
  await dialog.getByRole('button', { name: 'Store', exact: true }).click()
  const stored = page.getByRole('list', { name: 'Connected accounts' }).getByRole('listitem')
  await expect(stored).toContainText('nightly')
  await expect(stored).toContainText('Connected')
  await stored.getByRole('button', { name: /Remove the account of nightly/ }).click()
  await dialog.getByRole('button', { name: 'Remove it' }).click()
  await expect(page.getByText('Nobody yet.')).toBeVisible()
})

test('a limit is added for the server, and stands on its tab', async ({ page, world }) => {
  const id = await world.register(page.request, 'limited')
  await page.goto(world.console(`servers/${id}/limits`))
  await page.getByRole('link', { name: 'Add a limit' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Slow down')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page).toHaveURL(/\/limits$/)
  const rules = page.getByRole('list', { name: 'Limits at limited' })
  await expect(rules.getByRole('listitem')).toContainText('60 requests per minute at limited')
  await page.getByRole('link', { name: 'Slow down' }).click()
  // The same as a file, changed there.
  await page.getByRole('button', { name: 'YAML' }).click()
  const area = page.getByLabel('YAML')
  await expect(area).toHaveValue(/servers:\n\s+- limited/)
  await area.fill((await area.inputValue()).replace('limit: 60', 'limit: 90'))
  await page.getByRole('button', { name: 'See what changes' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('spec.windows')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('status').getByText('Slow down is in force')).toBeVisible()
})

test('calls and usage of one server teach before there are any', async ({ page, world }) => {
  const id = await world.register(page.request, 'quiet')
  await page.goto(world.console(`servers/${id}`))
  await expect(page.getByText('Nobody called it in the last 24 hours.')).toBeVisible()
  await page.getByRole('link', { name: 'Activity', exact: true }).last().click()
  await expect(page.getByText('No calls in the last 24 hours')).toBeVisible()
  await page.getByRole('link', { name: 'Usage' }).click()
  await expect(page.getByText('No calls in this time')).toBeVisible()
})

test('a server is changed as YAML: mistakes have lines, changes are seen first, secrets stay out', async ({
  page,
  world,
}) => {
  const id = await world.register(page.request, 'as-yaml', {
    outbound_auth: { kind: 'shared_header', headers: [{ name: 'x-key', value: 'top-secret' }] },
  })
  await page.goto(world.console(`servers/${id}/settings?as=yaml`))
  // The switch keeps the focus, whichever of the two is shown.
  await page.getByRole('button', { name: 'Form', exact: true }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('URL of the MCP server')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Form', exact: true })).toBeFocused()
  await page.getByRole('button', { name: 'YAML' }).click()
  const area = page.getByLabel('YAML')
  await expect(area).toHaveValue(/kind: Server[\s\S]*slug: as-yaml[\s\S]*name: x-key/)
  await expect(area).not.toHaveValue(/top-secret/)
  const text = await area.inputValue()
  await area.fill(`${text}  colour: red\n`)
  await page.getByRole('button', { name: 'See what changes' }).click()
  await expect(page.getByRole('alert')).toContainText('spec.colour is unknown')
  await area.fill(
    text.replace('timeoutMs: 0', 'timeoutMs: 30000').replace('displayName: as-yaml', 'displayName: By file'),
  )
  await page.getByRole('button', { name: 'See what changes' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('spec.timeoutMs')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('By file')
  await page.getByRole('button', { name: 'Form' }).click()
  await page.getByText('Advanced').click()
  await expect(page.getByLabel('Time for one call, in seconds')).toHaveValue('30')
  // What is typed in one comes into the other, and the form shows what it would change, too.
  await page.getByRole('button', { name: 'YAML' }).click()
  await area.fill((await area.inputValue()).replace('description: ""', 'description: Typed as YAML.'))
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  await expect(page.getByLabel('Description')).toHaveValue('Typed as YAML.')
  await page.getByLabel('Value').fill('another-secret')
  await page.getByRole('button', { name: 'See what changes' }).click()
  await expect(dialog).toContainText('spec.description')
  await expect(dialog).toContainText('Stored anew, and not shown: the value of x-key.')
  await expect(dialog).not.toContainText('another-secret')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Typed as YAML.', { exact: true })).toBeVisible()
})

test('a server is registered from a file', async ({ page, world }) => {
  await page.goto(world.console('servers/new?as=yaml'))
  const area = page.getByLabel('YAML')
  await expect(area).toHaveValue(/kind: Server/)
  await area.fill(
    'apiVersion: portway/v1\nkind: Server\nmetadata: {slug: from-file}\nspec:\n  displayName: From a file\n  url: https://file.example.com/mcp\n',
  )
  await page.getByRole('button', { name: 'Register server' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('From a file')
})

test('a member sees what is theirs, sets an override for themselves, and is told why the rest is not', async ({
  browser,
  page,
  world,
}) => {
  const id = await world.register(page.request, 'shared-with', {
    outbound_auth: {
      kind: 'per_user_header',
      fields: [{ name: 'token', label: 'API token' }],
      headers: [{ name: 'authorization', value: 'Bearer {token}' }],
    },
  })
  const ben = await world.person(browser, 'ben', 'member')
  const granted = await page.request.put(world.api(`servers/${id}/grants`), {
    headers: { 'x-portway-csrf': '1' },
    data: { subject: { kind: 'everyone' }, role: 'user' },
  })
  expect(granted.ok(), await granted.text()).toBe(true)
  const context = await browser.newContext({ storageState: ben })
  const theirs = await context.newPage()
  await theirs.goto(world.console(`servers/${id}/authentication`))
  await expect(theirs.getByText('Its managers decide that, and see it.')).toBeVisible()
  await expect(theirs.getByText('Calls are refused until you connect.')).toBeVisible()
  await expect(theirs.getByRole('link', { name: 'Connect', exact: true })).toHaveAttribute(
    'href',
    '/t/demo/connect/shared-with',
  )
  await expect(theirs.getByText('Who is connected')).toHaveCount(0)
  await theirs.getByRole('button', { name: 'Set an override' }).click()
  const dialog = theirs.getByRole('dialog')
  await expect(dialog.getByText('For whom')).toHaveCount(0)
  await dialog.getByLabel('Name').fill('X-Key')
  await dialog.getByLabel('Value').fill('k')
  await dialog.getByRole('button', { name: 'Set the override' }).click()
  await expect(theirs.getByRole('list', { name: 'Overrides' })).toContainText('x-key')
  await theirs.getByRole('link', { name: 'Limits', exact: true }).last().click()
  await expect(theirs.getByText('Limits are not yours to see')).toBeVisible()
  await theirs.getByRole('link', { name: 'Activity', exact: true }).last().click()
  await expect(theirs.getByText('You see your own calls.')).toBeVisible()
  await context.close()
})
