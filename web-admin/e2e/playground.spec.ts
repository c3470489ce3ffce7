import { Upstream } from './upstream'
import { expect, test } from './world'

let upstream: Upstream
test.beforeAll(async () => {
  upstream = await Upstream.start('legacy')
})
test.afterAll(() => upstream.stop())

test('a tool is found, filled in, run, and looked at from both ends', async ({ page, world }) => {
  const id = await world.register(page.request, 'play', { upstream_url: upstream.url })
  await page.goto(world.console(`servers/${id}/tools`))
  // From both pages of the list.
  const tools = page.getByRole('list', { name: 'Tools' })
  await expect(tools.getByRole('listitem')).toHaveCount(4)
  await expect(tools.getByRole('listitem').filter({ hasText: 'wipe' })).toContainText('Destructive')
  await page.getByLabel('Find a tool').fill('looks things')
  await expect(tools.getByRole('listitem')).toHaveCount(1)
  await tools.getByRole('link', { name: 'find' }).click()
  await expect(page).toHaveURL(/tool=find/)
  await expect(page.getByText('6 arguments, 1 required')).toBeVisible()

  await page.getByRole('button', { name: 'Run' }).click()
  await expect(page.getByLabel('text', { exact: true })).toHaveAccessibleDescription(/Is required/)
  await expect(page.getByLabel('text', { exact: true })).toBeFocused()
  await page.getByLabel('text', { exact: true }).fill('cats')
  await expect(page.getByLabel('limit (optional)')).toHaveValue('3')
  await page.getByLabel('limit (optional)').fill('11')
  await page.getByLabel('kind (optional)').selectOption('page')
  await page.getByRole('button', { name: 'Add an entry' }).click()
  await page.getByLabel('Entry 1', { exact: true }).fill('furry')
  await page.getByLabel('more (optional)').fill('{')
  await page.getByLabel('from (optional)').fill('2026-11-28')
  await expect(page.getByLabel('limit (optional)')).toHaveAccessibleDescription(/10 or less/)
  await expect(page.getByLabel('more (optional)')).toHaveAccessibleDescription(/no JSON/)
  await page.getByLabel('limit (optional)').fill('2')
  await page.getByLabel('more (optional)').fill('7')

  await page.getByRole('button', { name: 'Edit as JSON' }).click()
  const json = page.getByLabel('Arguments as JSON')
  const sent = {
    text: 'cats',
    limit: 2,
    kind: 'page',
    tags: ['furry'],
    range: { from: '2026-11-28' },
    more: 7,
  }
  expect(JSON.parse(await json.inputValue())).toEqual(sent)
  await page.getByRole('button', { name: 'Edit as a form' }).click()
  await page.getByLabel('text', { exact: true }).press('Control+Enter')
  await expect(page.getByText('Answered', { exact: true }).last()).toBeVisible()
  await expect(page.getByText(JSON.stringify(sent))).toBeVisible()
  await expect(page.getByRole('link', { name: 'https://docs.example.com/find' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Structured content' })).toContainText('"name": "find"')
  expect(upstream.called).toContain('find')

  await page.locator('summary', { hasText: 'tools/call' }).click()
  const request = page.getByRole('region', { name: 'Body of the request' }).last()
  await expect(request).toContainText('"cats"')
  await expect(page.getByText('Bearer •••').last()).toBeVisible()
})

test('what may destroy something asks before, and what takes long can be given up', async ({
  page,
  world,
}) => {
  const id = await world.register(page.request, 'play-careful', { upstream_url: upstream.url })
  await page.goto(world.console(`servers/${id}/tools?tool=wipe`))
  await page.getByRole('button', { name: 'Run' }).click()
  const dialog = page.getByRole('dialog', { name: 'Run wipe?' })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(upstream.called).not.toContain('wipe')
  await page.getByRole('button', { name: 'Run' }).click()
  await dialog.getByRole('button', { name: 'Run it' }).click()
  await expect(page.getByText('Answered', { exact: true }).last()).toBeVisible()
  expect(upstream.called).toContain('wipe')

  await page.goto(world.console(`servers/${id}/tools?tool=slow`))
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('The call may have reached the server')).toBeVisible()

  await page.goto(world.console(`servers/${id}/tools?tool=picture`))
  await page.getByRole('button', { name: 'Run' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save' }).click()
  expect((await saved).suggestedFilename()).toBe('answer.png')
})

test('prompts are filled in', async ({ page, world }) => {
  const id = await world.register(page.request, 'play-prompts', { upstream_url: upstream.url })
  await page.goto(world.console(`servers/${id}/tools`))
  await page.getByRole('link', { name: 'Prompts' }).click()
  await page.getByRole('link', { name: 'greet' }).click()
  await page.getByLabel('who', { exact: true }).fill('Grace')
  await page.getByRole('button', { name: 'Get it' }).click()
  await expect(page.getByText('Say hello to Grace.', { exact: true })).toBeVisible()
  await page.goto(world.console(`servers/${id}/tools?part=resources`))
  await expect(page.getByText('The server has no resources')).toBeVisible()
})

test('a tool that is off keeps its switch, and without access one is told what to do', async ({
  browser,
  page,
  world,
}) => {
  const id = await world.register(page.request, 'play-switched', { upstream_url: upstream.url })
  await page.goto(world.console(`servers/${id}/tools`))
  await page.getByRole('switch', { name: 'wipe' }).click()
  await expect(page.getByRole('switch', { name: 'wipe' })).not.toBeChecked()
  // A reload may outrun the change on its way to the node.
  await expect(async () => {
    await page.reload()
    await expect(page.getByText('Off: in nobody’s list')).toBeVisible({ timeout: 5_000 })
  }).toPass()

  const context = await browser.newContext({ storageState: await world.person(browser, 'hedy', 'admin') })
  const theirs = await context.newPage()
  await theirs.goto(world.console(`servers/${id}/tools`))
  await expect(theirs.getByText('You have no access to this server yourself')).toBeVisible()
  await theirs.getByRole('link', { name: 'Give yourself access' }).click()
  await expect(theirs).toHaveURL(/collaborators/)
  await context.close()
})

test('an auditor sees which tools are on, and neither switches nor calls any', async ({
  browser,
  page,
  world,
}) => {
  const id = await world.register(page.request, 'play-audited', { upstream_url: upstream.url })
  const switched = await page.request.patch(world.api(`servers/${id}/tool-switches`), {
    headers: { 'x-portway-csrf': '1' },
    data: { off: ['wipe'], on: ['find'] },
  })
  expect(switched.ok(), await switched.text()).toBe(true)
  const context = await browser.newContext({ storageState: await world.person(browser, 'grete', 'auditor') })
  const theirs = await context.newPage()
  const asked: string[] = []
  theirs.on('request', request => asked.push(request.url()))
  await theirs.goto(world.console(`servers/${id}/tools?tool=find`))
  await expect(theirs.getByText('Only managers of this server change it.')).toBeVisible()
  await expect(theirs.getByRole('switch', { name: 'find' })).toBeChecked()
  await expect(theirs.getByRole('switch', { name: 'wipe' })).not.toBeChecked()
  for (const control of [
    theirs.getByRole('switch', { name: 'wipe' }),
    theirs.getByLabel('Tools that nobody has switched'),
    theirs.getByRole('button', { name: 'Switch by name…' }),
  ])
    await expect(control).toBeDisabled()
  await expect(theirs.getByRole('button', { name: /^Reset/ })).toHaveCount(0)
  await expect(theirs.getByText('You have no access to this server yourself')).toBeVisible()
  await expect(theirs.getByRole('button', { name: 'Run' })).toHaveCount(0)
  expect(asked.filter(url => url.endsWith('/playground'))).toEqual([])
  await context.close()
})
