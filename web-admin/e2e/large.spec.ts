//! A list of ten thousand: from its first row to its last, page by page, with a wheel and with the keyboard.

import type { Page } from '@playwright/test'
import { manyCalls } from './things'
import { expect, test } from './world'

const COUNT = 10_000
/** Of the API: the most that it gives at once. */
const PAGE_ROWS = 200
/** In the document: those in the window, and some before and after. */
const ROWS_MAX = 70
const WHEEL_PX = 800
/** A frame that somebody notices. */
const LONG_MS = 50

test('ten thousand calls', async ({ page, world }) => {
  test.setTimeout(300_000)
  await manyCalls(world, page.request, COUNT)
  const order = await everyId(page, world.api('calls'))
  expect(new Set(order).size).toBe(COUNT)
  await page.goto(world.console('activity'))
  await expect(page.getByRole('row').nth(5)).toBeVisible()

  await test.step('with the wheel: each row once, in order, and nothing jumps', async () => {
    await watch(page)
    const began = Date.now()
    await wheelToEnd(page)
    const { rows, rowsMax, contradictions, shift, frames } = await seen(page)
    console.log(`Wheeled through in ${seconds(began)} s. ${told(frames)} At most ${rowsMax} rows at once.`)
    expect(contradictions, 'a row stays where it is').toEqual([])
    expect(rows.filter(([index], at) => index !== at)).toEqual([])
    expect(rows.map(([, id]) => id)).toEqual(order)
    expect(rowsMax).toBeLessThan(ROWS_MAX)
    expect(shift, 'of the layout, while it scrolls').toBeLessThan(0.01)
  })

  await test.step('with the keyboard, from one end to the other', async () => {
    const row = (index: number) => page.locator(`[data-index="${index}"] [data-row-link]`)
    await row(COUNT - 1).focus()
    await page.keyboard.press('Home')
    await expect(row(0)).toBeFocused()
    await expect(row(0)).toBeInViewport()
    await page.keyboard.press('End')
    await expect(row(COUNT - 1)).toBeFocused()
    await expect(row(COUNT - 1)).toBeInViewport()
    await page.keyboard.press('ArrowUp')
    await expect(row(COUNT - 2)).toBeFocused()
    expect(await page.getByRole('row').count()).toBeLessThan(ROWS_MAX)
  })

  await test.step('coming back to the window asks for no hundred pages again', async () => {
    let asked = 0
    page.on('request', request => {
      if (request.url().includes('/calls?')) asked++
    })
    await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
    await page.getByRole('link', { name: 'Servers', exact: true }).first().click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Servers')
    await page.goBack()
    await expect(page.getByRole('row').nth(5)).toBeVisible()
    await page.waitForLoadState('networkidle')
    console.log(`${asked} pages asked for again.`)
    expect(asked).toBeLessThan(5)
  })
})

const seconds = (began: number) => ((Date.now() - began) / 1_000).toFixed(1)

/** What the list has to show, as the API has it. */
async function everyId(page: Page, url: string): Promise<string[]> {
  const ids: string[] = []
  let cursor = ''
  do {
    const answer = await page.request.get(`${url}?limit=${PAGE_ROWS}${cursor && `&cursor=${cursor}`}`)
    const { items, next_cursor } = await answer.json()
    ids.push(...items.map(({ id }: { id: string }) => id))
    cursor = next_cursor ?? ''
  } while (cursor !== '')
  return ids
}

/** Scrolls until the end of the list is in view, and it has no more. */
async function wheelToEnd(page: Page) {
  await page.mouse.move(700, 500)
  const isAtEnd = () =>
    page.evaluate(async () => {
      // No row is passed by without having been drawn.
      await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))
      const hasMore = document.querySelector('table')?.getAttribute('aria-rowcount') === '-1'
      const { scrollHeight } = document.documentElement
      return !hasMore && window.innerHeight + window.scrollY >= scrollHeight - 1
    })
  while (!(await isAtEnd())) await page.mouse.wheel(0, WHEEL_PX)
}

type Frames = { count: number; long: number; worstMs: number; medianMs: number }
type Shift = { value: number; sources: { node: Node | null }[] }
type Seen = {
  rows: [index: number, id: string][]
  rowsMax: number
  contradictions: string[]
  shift: number
  frames: Frames
}

const told = ({ count, long, worstMs, medianMs }: Frames) =>
  `${count} frames, ${medianMs.toFixed(1)} ms in the middle, ${long} longer than ${LONG_MS} ms, ${worstMs.toFixed(0)} ms at worst.`

/** Looks at every frame from now on: which rows are in the document, how long it took, what moved without being scrolled. */
async function watch(page: Page) {
  await page.evaluate(() => {
    const rows = new Map<number, string>()
    const state = { rows, rowsMax: 0, contradictions: [] as string[], shift: 0, frames: [] as number[] }
    Object.assign(window, { seen: state })
    new PerformanceObserver(list => {
      for (const { value, sources } of list.getEntries() as unknown as Shift[]) {
        // What stands below the last row moves on when more rows come.
        if (sources.some(({ node }) => isOfRow(node))) state.shift += value
      }
    }).observe({ type: 'layout-shift' })
    const isOfRow = (node: Node | null) =>
      node instanceof Element && node.closest('tr[data-index], thead') !== null
    let last = performance.now()
    const look = (now: number) => {
      state.frames.push(now - last)
      last = now
      const drawn = document.querySelectorAll<HTMLElement>('tr[data-index]')
      state.rowsMax = Math.max(state.rowsMax, drawn.length)
      for (const row of drawn) {
        const index = Number(row.dataset.index)
        const id = row.querySelector('a')?.pathname.split('/').at(-1) ?? ''
        const known = rows.get(index)
        if (known !== undefined && known !== id) state.contradictions.push(`${index}: ${known}, then ${id}`)
        rows.set(index, id)
      }
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
}

function seen(page: Page): Promise<Seen> {
  return page.evaluate(longMs => {
    const { rows, frames, ...rest } = (
      window as unknown as {
        seen: Omit<Seen, 'rows' | 'frames'> & { rows: Map<number, string>; frames: number[] }
      }
    ).seen
    const sorted = frames.toSorted((one, other) => one - other)
    return {
      ...rest,
      rows: [...rows].sort(([one], [other]) => one - other),
      frames: {
        count: frames.length,
        long: frames.filter(ms => ms > longMs).length,
        worstMs: sorted.at(-1) ?? 0,
        medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
      },
    }
  }, LONG_MS)
}
