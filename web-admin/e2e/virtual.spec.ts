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
  // A look at the YAML forgets nothing of it.
  await page.getByRole('button', { name: 'YAML' }).click()
  await expect(page.getByLabel('YAML')).toHaveValue(/url: https:\/\/mcp\.story\.example\.com\/mcp/)
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  await expect(page.getByText('wants people to sign in at its provider')).toBeVisible()

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
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('Saved: every node has it')).toBeVisible()
  await page.getByRole('navigation', { name: 'Server' }).getByRole('link', { name: 'Tools' }).click()
  await expect(tools.getByRole('link', { name: 'tracker_find' })).toHaveCount(0)
})

test('a virtual server is made from YAML, and changed as YAML', async ({ page, world }) => {
  for (const name of ['Alpha', 'Beta'])
    await world.register(page.request, name.toLowerCase(), {
      upstream_url: upstream.url,
      display_name: name,
    })
  await page.goto(world.console('servers/new-virtual'))
  await page.getByLabel('Name', { exact: true }).fill('Pair')
  await page.getByRole('button', { name: 'YAML' }).click()
  const area = page.getByLabel('YAML')
  await expect(area).toHaveValue(/slug: pair[\s\S]*displayName: Pair[\s\S]*members: \[\]/)
  const members = (second: string) =>
    `members:\n    - server: alpha\n      alias: a\n      offer: {tools: [{name: find, exposedAs: first}]}\n    - ${second}\n`
  const text = await area.inputValue()
  await area.fill(text.replace('members: []', members('{server: gamma, alias: b, colour: red}')))
  await page.getByRole('button', { name: 'Create virtual server' }).click()
  const alert = page.getByRole('alert')
  await expect(alert).toContainText('Line 13: spec.members[1].colour is unknown')
  await expect(alert).toContainText('Line 13: spec.members[1].server there is no server gamma')
  await area.fill(text.replace('members: []', members('{server: beta, alias: a}')))
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  await expect(alert).toContainText('Line 13: spec.members[1].alias is the alias of another member')
  await area.fill(
    text.replace('slug: pair', 'slug: a-pair').replace('members: []', members('{server: beta, alias: b}')),
  )

  // What was typed comes into the form, and goes on from there.
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  await expect(page.getByLabel('Slug')).toHaveValue('a-pair')
  await expect(page.getByLabel('Alpha', { exact: true }).getByLabel('Alias')).toHaveValue('a')
  await expect(page.getByRole('list', { name: 'Names that clients will see' })).toContainText('first')
  await page.getByLabel('Description').fill('Two of them.')
  await page.getByRole('button', { name: 'YAML' }).click()
  await expect(area).toHaveValue(/slug: a-pair[\s\S]*description: Two of them\.[\s\S]*exposedAs: first/)
  await page.getByRole('button', { name: 'Create virtual server' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pair')

  await page.getByRole('navigation', { name: 'Server' }).getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'YAML' }).click()
  await expect(area).toHaveValue(/- server: beta\n\s+alias: b\n/)
  await area.fill((await area.inputValue()).replace('alias: b', 'alias: bee'))
  await page.getByRole('button', { name: 'See what changes' }).click()
  const dialog = page.getByRole('dialog', { name: 'What changes' })
  await expect(dialog).toContainText('spec.members[beta].alias')
  await expect(dialog).toContainText('What is called b_… is called bee_… from now on')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved: every node has it')).toBeVisible()
  await expect(area).toHaveValue(/alias: bee/)
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  await expect(page.getByLabel('Beta', { exact: true }).getByLabel('Alias')).toHaveValue('bee')
})
