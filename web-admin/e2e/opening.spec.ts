//! Opening the console with nothing kept from before: what has to come one after the other until the first row is there,
//! and how much script. How long it takes is told, not judged: machines differ.

import { type Browser, expect, type Page, type Route } from '@playwright/test'
import { inTurns } from './things'
import { test, type World } from './world'

/** More than a window shows. */
const SERVERS = 20
const ROUNDS = 5
/** The page; its script; who is signed in; the list, and what shows it. */
const TURNS_MAX = 4
const SCRIPT_BYTES_MAX = 200 * 1024
/** Long enough for a busy machine to ask for all that it knows it needs. */
const QUIET_MS = 700

test.beforeAll(async ({ browser, world }) => {
  test.setTimeout(300_000)
  const owner = await browser.newContext({ storageState: world.owner })
  await inTurns(SERVERS, number => world.register(owner.request, `server-${number}`))
  await owner.close()
})

test('little has to come before the first row', async ({ browser, world }) => {
  test.setTimeout(300_000)
  const turns = await fresh(browser, world, page => turnsUntilRow(page, world.console('servers')))
  console.log(turns.map((asked, at) => `Turn ${at + 1}: ${asked.length} (${asked.join(', ')})`).join('\n'))
  expect(turns.length, 'waits, one after the other').toBeLessThanOrEqual(TURNS_MAX)
})

test('a list is soon there, and follows a click at once', async ({ browser, world }) => {
  test.setTimeout(300_000)
  const rounds: Opening[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await fresh(browser, world, page => open(page, world.console('servers'))))
  }
  for (const { scriptBytes } of rounds) expect(scriptBytes).toBeLessThanOrEqual(SCRIPT_BYTES_MAX)
  console.log(table(rounds))
})

/** In a browser that has the owner's cookies, and nothing else. */
async function fresh<T>(browser: Browser, world: World, act: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ storageState: world.owner })
  const done = await act(await context.newPage())
  await context.close()
  return done
}

/** Holds every request until no other one comes, then lets all of them go at once: that is one turn. */
async function turnsUntilRow(page: Page, url: string): Promise<string[][]> {
  let held: Route[] = []
  let lastMs = Date.now()
  await page.route('**/*', route => {
    held.push(route)
    lastMs = Date.now()
  })
  const turns: string[][] = []
  // What else it asks for is of no interest.
  page.goto(url).catch(() => undefined)
  const later = (ms: number) => new Promise<false>(done => setTimeout(() => done(false), ms))
  // A page that waits for its first answer cannot be asked.
  const isThere = () =>
    turns.length > 0 && Promise.race([page.locator('[data-row-link]').first().isVisible(), later(QUIET_MS)])
  while (!(await isThere())) {
    if (held.length === 0 || Date.now() - lastMs < QUIET_MS) {
      await later(QUIET_MS / 10)
      continue
    }
    const turn = held
    held = []
    turns.push(turn.map(route => nameOf(route.request().url())))
    await Promise.all(turn.map(route => route.continue()))
  }
  return turns
}

const nameOf = (url: string) => new URL(url).pathname.split('/').slice(-2).join('/')

type Opening = {
  paintMs: number
  headingMs: number
  rowMs: number
  /** From a click on the first row to the heading of what it leads to. */
  followedMs: number
  requests: number
  scriptBytes: number
}

/** Opens the list; clicks on the first row in the moment that it is there. */
async function open(page: Page, url: string): Promise<Opening> {
  await page.addInitScript(() => {
    const at: Record<string, number> = {}
    Object.assign(window, { at })
    const note = (name: string) => {
      at[name] ??= performance.now()
    }
    new MutationObserver(() => {
      const heading = document.querySelector('h1')?.textContent
      if (heading === 'Servers') note('heading')
      const row = document.querySelector<HTMLElement>('[data-row-link]')
      if (row && at.row === undefined) {
        note('row')
        const { length } = performance.getEntriesByType('resource')
        Object.assign(at, { requests: length + 1, scriptBytes: scriptBytes() })
        at.clicked = performance.now()
        row.click()
      }
      if (at.clicked !== undefined && heading && heading !== 'Servers') note('followed')
    }).observe(document, { childList: true, subtree: true, characterData: true })
    const scriptBytes = () =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .filter(({ name }) => name.endsWith('.js'))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
  })
  await page.goto(url)
  await page.waitForFunction(() => 'followed' in (window as unknown as { at: object }).at)
  return page.evaluate(() => {
    const { at } = window as unknown as { at: Record<string, number> }
    const { heading = 0, row = 0, clicked = 0, followed = 0, requests = 0, scriptBytes = 0 } = at
    const paintMs = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0
    return { paintMs, headingMs: heading, rowMs: row, followedMs: followed - clicked, requests, scriptBytes }
  })
}

/** As docs/benchmarks.md has it. */
function table(rounds: Opening[]): string {
  const line = (name: string, of: (round: Opening) => number, unit: string) => {
    const values = rounds.map(of).sort((one, other) => one - other)
    const [least = 0, middle = 0, greatest = 0] = [0, rounds.length >> 1, -1].map(at => values.at(at))
    return `| ${name} | ${middle.toFixed(0)} ${unit} (${least.toFixed(0)}–${greatest.toFixed(0)}) |`
  }
  return [
    line('first paint', round => round.paintMs, 'ms'),
    line('heading', round => round.headingMs, 'ms'),
    line('first row, which can be clicked', round => round.rowMs, 'ms'),
    line('from a click on it to the next page', round => round.followedMs, 'ms'),
    line('requests until the first row', round => round.requests, ''),
    line('script until the first row', round => round.scriptBytes / 1024, 'KB'),
  ].join('\n')
}
