//! What How To Use tells people to type and to paste, typed and pasted: by the real command lines, into a home of its own.
//! Where the file lands is where the program reads it: the program itself says so, or connects.

import type { Page } from '@playwright/test'
import { parse as parseToml } from 'smol-toml'
import { CLIENT_IDS, type ClientId } from '../src/features/how-to-use/client-ids'
import { Desk, pinsOpencode } from './desk'
import { newKey } from './things'
import { expect, test, type World } from './world'

const SLUG = 'demo'

type HowTo = { client: ClientId; withKey?: boolean }

/** Opens the page about one client. */
async function open(page: Page, world: World, { client, withKey }: HowTo) {
  const { items } = await (await page.request.get(world.api(`servers?q=${SLUG}`))).json()
  const query = `client=${client}${withKey ? '&sign_in=key' : ''}`
  await page.goto(world.console(`servers/${items[0].id}/how-to-use?${query}`))
}

/** The text under that title, as it is copied. */
async function read(page: Page, world: World, title: string, how: HowTo): Promise<string> {
  await open(page, world, how)
  const block = page.getByRole('figure').filter({ has: page.getByText(title, { exact: true }) })
  const text = await block.locator('code').first().textContent()
  return text ?? ''
}

/** A key of the owner's, as the page asks for it: in the environment. */
async function key(page: Page, world: World, name: string) {
  return { PORTWAY_API_KEY: (await newKey(world, page.request, name)).secret }
}

test('every client’s page names the one URL', async ({ page, world }) => {
  await open(page, world, { client: 'claude-code' })
  for (const link of await page.getByRole('navigation', { name: 'Clients' }).getByRole('link').all()) {
    await link.click()
    await expect(link).toHaveAttribute('aria-current', 'true')
    await expect(page.getByRole('main')).toContainText(world.gatewayUrl(SLUG))
  }
  await expect(page.getByRole('navigation', { name: 'Clients' }).getByRole('link')).toHaveCount(
    CLIENT_IDS.length,
  )
})

test('the links of Cursor and VS Code decode to the same as their files', async ({ page, world }) => {
  const url = world.gatewayUrl(SLUG)
  const cursor = JSON.parse(await read(page, world, '~/.cursor/mcp.json', { client: 'cursor' }))
  expect(cursor).toEqual({ mcpServers: { [SLUG]: { url } } })
  for (const name of ['Add to Cursor', 'Through cursor.com']) {
    const { searchParams } = new URL((await page.getByRole('link', { name }).getAttribute('href')) ?? '')
    expect(searchParams.get('name')).toBe(SLUG)
    expect(JSON.parse(atob(searchParams.get('config') ?? ''))).toEqual({ url })
  }
  const vscode = JSON.parse(await read(page, world, '.vscode/mcp.json', { client: 'vscode' }))
  expect(vscode).toEqual({ servers: { [SLUG]: { type: 'http', url } }, inputs: [] })
  for (const [name, scheme] of [
    ['Add to VS Code', 'vscode'],
    ['VS Code Insiders', 'vscode-insiders'],
  ] as const) {
    const href = (await page.getByRole('link', { name }).getAttribute('href')) ?? ''
    const [before, config] = href.split('?')
    expect(before).toBe(`${scheme}:mcp/install`)
    expect(JSON.parse(decodeURIComponent(config ?? ''))).toEqual({ name: SLUG, type: 'http', url })
  }
})

test('VS Code’s command line, as a shell hands it on', async ({ page, world }) => {
  const desk = new Desk()
  desk.pretend('code')
  const command = await read(page, world, 'In a terminal', { client: 'vscode' })
  const [option, config] = (await desk.type(command)).split('\n')
  expect(option).toBe('--add-mcp')
  expect(JSON.parse(config ?? '')).toEqual({ name: SLUG, type: 'http', url: world.gatewayUrl(SLUG) })
  desk.clear()
})

test('Claude Code', async ({ page, world }) => {
  test.setTimeout(180_000)
  const url = world.gatewayUrl(SLUG)
  await test.step('the line', async () => {
    const desk = new Desk()
    await desk.type(await read(page, world, 'In a terminal', { client: 'claude-code' }))
    const { mcpServers } = desk.json('~/.claude.json').projects[desk.project]
    expect(mcpServers).toEqual({ [SLUG]: { type: 'http', url } })
    expect(await desk.type(`claude mcp get ${SLUG}`)).toContain(url)
    desk.clear()
  })
  await test.step('the line with a key connects', async () => {
    const desk = new Desk()
    const environment = await key(page, world, 'Claude Code')
    const line = await read(page, world, 'In a terminal', { client: 'claude-code', withKey: true })
    await desk.type(line, environment)
    expect(await desk.type('claude mcp list')).toMatch(/demo: .*Connected/)
    desk.clear()
  })
  await test.step('the file', async () => {
    const desk = new Desk()
    desk.write('.mcp.json', await read(page, world, '.mcp.json', { client: 'claude-code' }))
    const said = await desk.type(`claude mcp get ${SLUG}`)
    expect(said).toContain('Project config')
    expect(said).toContain(url)
    desk.clear()
  })
})

test('Codex', async ({ page, world }) => {
  const url = world.gatewayUrl(SLUG)
  const how: HowTo = { client: 'codex', withKey: true }
  const known = { url, bearer_token_env_var: 'PORTWAY_API_KEY' }
  await test.step('the line', async () => {
    const desk = new Desk()
    await desk.type(await read(page, world, 'In a terminal', how))
    expect((await desk.ask(`codex mcp get ${SLUG} --json`)).transport).toMatchObject(known)
    desk.clear()
  })
  await test.step('the file', async () => {
    const desk = new Desk()
    const toml = await read(page, world, '~/.codex/config.toml', how)
    expect(parseToml(toml)).toEqual({ mcp_servers: { [SLUG]: known } })
    desk.write('~/.codex/config.toml', toml)
    expect((await desk.ask(`codex mcp get ${SLUG} --json`)).transport).toMatchObject(known)
    desk.clear()
  })
})

test('Gemini CLI', async ({ page, world }) => {
  const url = world.gatewayUrl(SLUG)
  await test.step('the line', async () => {
    const desk = new Desk()
    await desk.type(await read(page, world, 'In a terminal', { client: 'gemini' }))
    expect(JSON.stringify(desk.json('.gemini/settings.json').mcpServers[SLUG])).toContain(url)
    expect(await desk.type('gemini mcp list')).toContain(url)
    desk.clear()
  })
  await test.step('the file', async () => {
    const desk = new Desk()
    desk.write(
      '~/.gemini/settings.json',
      await read(page, world, '~/.gemini/settings.json', { client: 'gemini' }),
    )
    expect(await desk.type('gemini mcp list')).toContain(url)
    desk.clear()
  })
})

test('opencode', async ({ page, world }) => {
  test.skip(!pinsOpencode, 'pinned for Linux on x64 only')
  const desk = new Desk()
  const environment = await key(page, world, 'opencode')
  desk.write('opencode.json', await read(page, world, 'opencode.json', { client: 'opencode', withKey: true }))
  expect(await desk.type('opencode mcp list', environment)).toMatch(/✓ demo .*connected/)
  // Without a key it asks for a sign-in, by the very line that the page gives.
  const signIn = await read(page, world, 'In a terminal', { client: 'opencode' })
  expect(signIn.trim()).toBe(`opencode mcp auth ${SLUG}`)
  desk.write('opencode.json', await read(page, world, 'opencode.json', { client: 'opencode' }))
  expect(await desk.type('opencode mcp list')).toMatch(/demo .*needs authentication/)
  desk.clear()
})

test('mcp-remote, and through it Claude Desktop', async ({ page, world }) => {
  const desk = new Desk('clients')
  const environment = await key(page, world, 'A bridge')
  const title = 'As the command of any client that speaks stdio'
  const line = await read(page, world, title, { client: 'mcp-remote', withKey: true })
  expect(await desk.toolsOf('bash', ['-c', line], environment)).toContain('echo')
  const file = await read(page, world, 'claude_desktop_config.json', {
    client: 'claude-desktop',
    withKey: true,
  })
  const filled = file.replace('<your API key>', environment.PORTWAY_API_KEY)
  const { command, args, env } = JSON.parse(filled).mcpServers[SLUG]
  expect(await desk.toolsOf(command, args, env)).toContain('echo')
  desk.clear()
})

test('the Inspector', async ({ page, world }) => {
  const desk = new Desk('conformance')
  const line = await read(page, world, 'In a terminal', { client: 'inspector', withKey: true })
  expect(await desk.type(line, await key(page, world, 'Inspector'))).toContain('"echo"')
  desk.clear()
})

test('a program in TypeScript', async ({ page, world }) => {
  const desk = new Desk('clients')
  desk.write('package.json', '{ "type": "module" }')
  desk.write('tools.ts', await read(page, world, 'tools.ts', { client: 'typescript', withKey: true }))
  // This Node reads TypeScript.
  const said = await desk.type('node tools.ts', await key(page, world, 'A program'))
  expect(said.split('\n')).toContain('echo')
  desk.clear()
})

test('a program in Python', async ({ page, world }) => {
  const desk = new Desk()
  desk.write('tools.py', await read(page, world, 'tools.py', { client: 'python', withKey: true }))
  const said = await desk.type('python3 tools.py', await key(page, world, 'A program in Python'))
  expect(said.split('\n')).toContain('echo')
  desk.clear()
})
