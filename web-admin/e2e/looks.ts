//! What pages look like and how they read to a screen reader: wide and narrow, light and dark. Pictures go to
//! screenshots/, to be looked at.

import { expect, type Page } from '@playwright/test'
import axe, { type AxeResults } from 'axe-core'

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

/** Where the pages are. */
type Place = { console: (rest: string) => string }

/** Looks at a page in both themes and sizes. */
export async function look(
  page: Page,
  place: Place,
  name: string,
  path: string,
  ready: (page: Page) => Promise<unknown>,
) {
  for (const { name: size, width, height } of SIZES) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.goto(place.console(path))
      await ready(page)
      await page.screenshot({ path: `screenshots/${name}-${size}-${colorScheme}.png` })
      expect.soft(await serious(page), `${name} at ${size}, ${colorScheme}`).toEqual([])
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect.soft(sideways, `${name} at ${size} does not scroll sideways`).toBeLessThanOrEqual(0)
    }
  }
}

export const heading = (text: string) => (page: Page) =>
  expect(page.getByRole('heading', { level: 1 })).toHaveText(text)
