import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { defineConfig } from '@playwright/test'

/** The distribution's: no browser is downloaded. */
function chromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const places = names.flatMap(name => folders.map(folder => join(folder, name)))
  return process.env.PORTWAY_TEST_CHROMIUM ?? places.find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** One world for each file, and none for two: no story finds what another one left. */
const stories = readdirSync(new URL('e2e', import.meta.url)).filter(name => name.endsWith('.spec.ts'))

export default defineConfig({
  testDir: 'e2e',
  projects: stories.map(file => ({ name: file.replace('.spec.ts', ''), testMatch: file })),
  // A second core is for the program itself.
  workers: 1,
  timeout: 120_000,
  // In a world of its own, once: what needed it is told as flaky.
  retries: 1,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
