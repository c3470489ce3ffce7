import { Upstream } from './upstream'
import { expect, TENANT, test } from './world'

let upstream: Upstream
test.beforeAll(async () => {
  upstream = await Upstream.start('modern')
})
test.afterAll(() => upstream.stop())

test('a URL is looked at before it is registered, and what was typed stays', async ({ page, world }) => {
  // Nothing that the control plane may look at is on loopback (ATK-15): what it says of a server is told here.
  const probe = {
    outcome: 'needs_authorization',
    detail: 'The server asks each person to authorize Portway at its provider.',
    protocol_versions: ['2025-11-25'],
    server: { name: 'story-mcp-server', version: '7' },
    tools: [],
    has_more_tools: false,
    authorization: { scopes: ['read'], registration: 'automatic' },
    suggested_auth: 'oauth_per_user',
  }
  await page.route('**/server-probes', route => route.fulfill({ json: probe }))
  await page.goto(world.console('servers/new'))
  // Leaving the field is enough, once the URL is complete.
  await page.getByLabel('URL of the MCP server').fill('https://mcp.story.example.com/mcp')
  await page.getByLabel('Description').focus()
  await expect(page.getByText('wants people to sign in at its provider')).toBeVisible()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Story')
  await expect(page.getByLabel('Slug')).toHaveValue('story')
  await expect(page.getByLabel('OAuth, each person')).toBeChecked()
  await page.getByLabel('Name', { exact: true }).fill('Mine')
  await page.getByLabel('No authentication').check()
  await page.getByRole('button', { name: 'Look at it' }).click()
  await expect(page.getByRole('button', { name: 'Look at it' })).toBeEnabled()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Mine')
  await expect(page.getByLabel('No authentication')).toBeChecked()

  await page.unroute('**/server-probes')
  await page.getByLabel('URL of the MCP server').fill('http://127.0.0.1:9/mcp')
  await page.getByRole('button', { name: 'Look at it' }).click()
  await expect(page.getByText('It could not be reached from here')).toBeVisible()
  await page.getByRole('button', { name: 'Register server' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Mine')
})

test('several servers behind one URL, composed, tried, and changed', async ({ page, world }) => {
  const more = { upstream_url: upstream.url }
  await world.register(page.request, 'tracker', { ...more, display_name: 'Tracker' })
  await world.register(page.request, 'wiki', { ...more, display_name: 'Wiki' })
  await page.goto(world.console('servers'))
  await page.getByRole('link', { name: 'New virtual server' }).click()
  await page.getByRole('button', { name: 'Create virtual server' }).click()
  await expect(page.getByText('There must be 1 to 50 servers.')).toBeVisible()
  await page.getByLabel('Name', { exact: true }).fill('Engineering')
  await page.getByRole('button', { name: 'Add servers' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add servers' })
  for (const name of ['Tracker', 'Wiki']) {
    await dialog.getByLabel('Find servers').fill(name)
    await dialog.getByRole('checkbox', { name }).check()
  }
  await dialog.getByRole('button', { name: 'Add 2' }).click()
  const names = page.getByRole('list', { name: 'Names that clients will see' })
  await expect(names.getByText('tracker_find', { exact: true })).toBeVisible()
  await expect(names.getByRole('listitem')).toHaveCount(8)

  const wiki = page.getByLabel('Wiki', { exact: true })
  await wiki.getByLabel('Alias').fill('Wiki!')
  await expect(wiki.getByLabel('Alias')).toHaveAccessibleDescription(/lower-case letters/)
  await wiki.getByLabel('Alias').fill('w')
  await wiki
    .getByLabel(/Only what I choose/)
    .first()
    .check()
  await wiki.getByRole('checkbox', { name: /wipe/ }).uncheck()
  await wiki.getByRole('button', { name: 'Rename or describe find' }).click()
  await wiki.getByLabel('Clients call it').fill('tracker_look')
  await expect(wiki.getByLabel('Clients call it')).toHaveAccessibleDescription(
    /could be a name of the member tracker/i,
  )
  await expect(names.getByText('Looks like a member’s')).toBeVisible()
  await wiki.getByLabel('Clients call it').fill('look_up')
  await expect(names.getByText('look_up', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Create virtual server' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Engineering')
  await expect(page.getByText(`${world.origin}/${TENANT}/mcp/engineering/server`).first()).toBeVisible()

  // What was shown is what clients see.
  await page.getByRole('navigation', { name: 'Server' }).getByRole('link', { name: 'Tools' }).click()
  const tools = page.getByRole('list', { name: 'Tools' })
  await expect(tools.getByRole('link', { name: 'look_up' })).toBeVisible()
  await expect(tools.getByRole('link')).toHaveText([
    'look_up',
    'tracker_find',
    'tracker_picture',
    'tracker_slow',
    'tracker_wipe',
    'w_picture',
    'w_slow',
  ])

  await page.getByRole('navigation', { name: 'Server' }).getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Take Tracker away' }).click()
  await expect(page.getByText('Tracker leaves: what begins with tracker_ disappears')).toBeVisible()
  await page.getByRole('button', { name: 'Save the members' }).click()
  await expect(page.getByText('Saved: every node has it')).toBeVisible()
  await page.getByRole('navigation', { name: 'Server' }).getByRole('link', { name: 'Tools' }).click()
  await expect(tools.getByRole('link', { name: 'tracker_find' })).toHaveCount(0)
})
