// A person with a browser who does what a test says, step by step, without JavaScript.
//
//   node steps.mjs <chromium> <json: {steps, shots?: folder, width?, colorScheme?}>
//
// A step is {open: url}, {press: words of a button or link}, {fill: {css: text}} or {at: part of a URL} (waits for it).
// Prints one JSON line: the pages after each step as {url, heading}.
import { chromium } from 'playwright-core'

const [executablePath, plan] = process.argv.slice(2)
const { steps, shots, width = 1280, colorScheme = 'light' } = JSON.parse(plan)
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const seen = []
try {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width, height: 900 }, colorScheme })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  for (const step of steps) {
    if (step.open) await page.goto(step.open)
    if (step.press) {
      const name = new RegExp(step.press, 'i')
      await page.getByRole('button', { name }).or(page.getByRole('link', { name })).first().click()
    }
    for (const [field, text] of Object.entries(step.fill ?? {})) await page.locator(field).fill(text)
    if (step.at) await page.waitForURL((url) => url.href.includes(step.at))
    const heading = await page.getByRole('heading', { level: 1 }).first().textContent({ timeout: 2_000 }).catch(() => null)
    seen.push({ url: page.url(), heading: heading?.trim() ?? null })
    if (shots) await page.screenshot({ path: `${shots}/${seen.length}.png`, fullPage: true })
  }
} catch (error) {
  seen.push({ error: String(error) })
} finally {
  process.stdout.write(`${JSON.stringify(seen)}\n`)
  await browser.close()
}
