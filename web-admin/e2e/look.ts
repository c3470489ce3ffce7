//! Looks at a page: at two sizes and in both themes, with a picture of each (in screenshots/, to be looked at), by the rules
//! of axe, and whether it scrolls sideways.

import { expect, type Page } from '@playwright/test'
import axe, { type AxeResults } from 'axe-core'

const SIZES = [
  { name: '1440', width: 1440, height: 900 },
  { name: '390', width: 390, height: 844 },
] as const

const RULES = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
  // An experiment of axe’s: it takes the initials of a person, a picture for us, for the words of their button.
  rules: { 'label-content-name-mismatch': { enabled: false } },
}

const softly = expect.configure({ soft: true })

type How = {
  /** A page of a thousand rows is not drawn to its end. */
  onlyTop?: boolean
  /** What the rules leave out: rows that are out of view, and so are not drawn in the theme that came since. */
  beyond?: string
  /** What is to be seen before anything is looked at. */
  ready?: (page: Page) => Promise<unknown>
}

/** What a theme may break. The rest of a page is the same in both. */
const OF_COLOURS = { ...RULES, runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }

/** Opens an address and looks at what is there. */
export async function look(page: Page, name: string, url: string, how: How = {}) {
  await page.setViewportSize(SIZES[0])
  await page.goto(url)
  await settled(page)
  await lookAtIt(page, name, how)
}

/** Looks at what is there. */
export async function lookAtIt(page: Page, name: string, { onlyTop, beyond, ready }: How = {}) {
  // A colour on its way from one theme to the other is none of the page's.
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await ready?.(page)
  for (const size of SIZES) {
    await page.setViewportSize(size)
    // A chart follows the size of the window a little later.
    const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    await softly.poll(sideways, `${name} at ${size.name} does not scroll sideways`).toBeLessThanOrEqual(0)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.evaluate(turnTo, colorScheme)
      await page.screenshot({
        path: `screenshots/${name}-${size.name}-${colorScheme}.png`,
        fullPage: !onlyTop,
      })
      const found = await serious(page, colorScheme === 'light' ? RULES : OF_COLOURS, beyond)
      expect.soft(found, `${name} at ${size.name}, ${colorScheme}`).toEqual([])
    }
  }
}

/** As the console itself does it: browsers do not draw all anew when the system's theme changes under a page. */
function turnTo(theme: string) {
  document.documentElement.setAttribute('data-theme', theme)
  // Even the shortest change of a colour would take a frame.
  for (const change of document.getAnimations()) if (change instanceof CSSTransition) change.finish()
}

/** Its heading is there, and nothing stands in the place of something else any more. */
async function settled(page: Page) {
  const main = page.getByRole('main')
  await expect(main.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(main.locator('[aria-label^="Loading"]')).toHaveCount(0)
  await expect(main.locator('.animate-skeleton.bg-line')).toHaveCount(0)
}

async function serious(page: Page, rules: object, beyond?: string): Promise<string[]> {
  // The policy of the page admits no script of ours, as it should: it comes by the debugger.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(${JSON.stringify(beyond ? { exclude: [beyond] } : { include: ['html'] })}, ${JSON.stringify(rules)})`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)
}
