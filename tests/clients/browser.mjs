// A person with a browser: opens what the IDE asked to open, signs in, reads the consent page, decides.
//
//   node browser.mjs <chromium> <url> <json: {userName, password, decision: "approve"|"deny"|"back", shots?: folder}>
//
// Prints one JSON line: the pages seen, as {path, heading}, and where it ended. Fields are found by their labels, as a
// person finds them, so a page that loses its labels fails here.
import { chromium } from 'playwright-core'

const [executablePath, start, plan] = process.argv.slice(2)
const { userName, password, decision, shots, width = 1280, colorScheme = 'light' } = JSON.parse(plan)
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const seen = []
try {
  // No JavaScript: the pages must work without it.
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width, height: 900 }, colorScheme })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const note = async () => {
    const heading = (await page.getByRole('heading', { level: 1 }).first().textContent({ timeout: 2_000 }).catch(() => null))?.trim() ?? null
    seen.push({ path: new URL(page.url()).pathname, heading })
    if (shots) await page.screenshot({ path: `${shots}/${seen.length}.png`, fullPage: true })
  }
  await page.goto(start)
  await note()
  if (await page.getByLabel('Password', { exact: true }).isVisible()) {
    await page.getByLabel(/user name|e-mail/i).fill(userName)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: /sign in/i }).click()
    await note()
  }
  const names = { approve: /approve/i, deny: /deny/i, back: /back to|return/i }
  const button = page.getByRole('button', { name: names[decision] }).or(page.getByRole('link', { name: names[decision] }))
  if (await button.first().isVisible().catch(() => false)) {
    await button.first().click()
    await note()
  }
  // The last page goes back to the IDE by itself.
  await page.waitForURL(/^http:\/\/(localhost|127\.0\.0\.1):\d+(\/oauth)?\/callback/, { timeout: 10_000 }).catch(() => {})
  process.stdout.write(`${JSON.stringify({ seen, end: page.url() })}\n`)
} finally {
  await browser.close()
}
