//! What a developer sees: a URL in the IDE, one trip through the browser (sign-in, consent, the provider's own page), and
//! tools. Then whoever looks after their accounts: what acts for them, how it ends, how it comes back.

import type { Page } from '@playwright/test'
import { approve, backInIde, Ide } from './ide'
import { type Guarded, startGuarded } from './parties'
import { expect, NOBODY, test } from './world'

// The planes apart: there the control plane may reach a provider on this machine.
test.use({ kind: 'deployed' })

const TOOL = 'test_simple_text'

test('one URL, one trip, an account of one’s own', async ({ browser, page, world }) => {
  test.setTimeout(180_000)
  const tracker = await startGuarded()
  await registerTracker(page, world.console('servers/new'), tracker)
  await world.person(browser, 'rosa', 'member')
  const context = await browser.newContext({ storageState: NOBODY })
  const rosa = await context.newPage()
  const ide = Ide.start(world.gatewayUrl('tracker'))

  await test.step('sign in, approve, connect the account, back in the IDE', async () => {
    await ide.connect(async authorization => {
      await rosa.goto(authorization)
      await expect(rosa.getByText('An application wants to connect.')).toBeVisible()
      await world.signIn(rosa, 'rosa@example.com')
      await approve(rosa, 'Tracker')
      await expect(rosa.getByRole('heading', { level: 1 })).toHaveText('Connect Tracker')
      await rosa.getByRole('button', { name: 'Continue to Tracker' }).click()
      await atProvider(rosa, 'rosa-at-tracker')
      await expect(rosa.getByRole('heading', { level: 1 })).toHaveText('Connected')
      await backInIde(rosa)
    })
    expect(await ide.tools()).toContain(TOOL)
    await ide.call(TOOL)
    expect(new Set(tracker.callers)).toEqual(new Set(['rosa-at-tracker']))
  })

  await test.step('the console says what acts for her, and ends it', async () => {
    await rosa.goto(world.console('me'))
    const account = rosa.getByRole('listitem').filter({ hasText: 'Tracker' }).filter({ hasText: 'Connected' })
    await expect(account.getByRole('link', { name: 'Reconnect' })).toBeVisible()
    await expect(rosa.getByRole('row', { name: /Portway test IDE/ })).toContainText('Tracker')
    await account.getByRole('button', { name: 'Disconnect' }).click()
    await rosa.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
    await expect(rosa.getByText('Not connected')).toBeVisible()
  })

  await test.step('the next call says what is missing, with the one link that mends it', async () => {
    const refusal = await refusalOf(ide)
    const link = refusal.match(/https?:\/\/\S+\/connect\/tracker/)?.[0] ?? ''
    expect(link, refusal).not.toBe('')
    await rosa.goto(link)
    await rosa.getByRole('button', { name: 'Continue to Tracker' }).click()
    // Who was there before is still signed in there.
    const consent = rosa.getByRole('button', { name: 'Continue', exact: true })
    await expect(consent.or(rosa.getByRole('heading', { name: 'Tracker is connected' }))).toBeVisible()
    if (await consent.isVisible()) await consent.click()
    await expect(rosa.getByRole('heading', { level: 1 })).toHaveText('Tracker is connected')
    await expect.poll(() => ide.call(TOOL).catch(String)).toContain('simple text')
  })

  await test.step('the IDE is disconnected, and has to ask again', async () => {
    await rosa.goto(world.console('me'))
    const row = rosa.getByRole('row', { name: /Portway test IDE/ })
    await row.getByRole('button', { name: 'Disconnect' }).click()
    await rosa.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
    await expect(rosa.getByText('Nothing acts for you yet')).toBeVisible()
    await expect
      .poll(() =>
        ide.call(TOOL).then(
          () => 'goes through',
          () => 'is refused',
        ),
      )
      .toBe('is refused')
  })

  await ide.close()
  await context.close()
  await tracker.stop()
})

test('a denial goes back to the IDE, and shares nothing', async ({ browser, page, world }) => {
  const id = await world.register(page.request, 'declined')
  await world.grant(page.request, id, { kind: 'everyone' })
  const context = await browser.newContext({ storageState: await world.person(browser, 'nell', 'member') })
  const nell = await context.newPage()
  const ide = Ide.start(world.gatewayUrl('declined'))
  const connected = ide.connect(async authorization => {
    await nell.goto(authorization)
    await nell.getByRole('button', { name: 'Deny' }).click()
    await expect(nell.getByRole('heading', { level: 1 })).toHaveText('Not connected')
    await backInIde(nell)
  })
  await expect(connected).rejects.toThrow('access_denied')
  await nell.goto(world.console('me'))
  await expect(nell.getByText('Nothing acts for you yet')).toBeVisible()
  await ide.close()
  await context.close()
})

async function registerTracker(page: Page, form: string, { url }: Guarded) {
  await page.goto(form)
  await page.getByLabel('URL of the MCP server').fill(url)
  await page.getByLabel('Name', { exact: true }).fill('Tracker')
  await page.getByRole('radio', { name: /^OAuth, each person/ }).check()
  await page.getByRole('button', { name: 'Register server' }).click()
  await expect(page.getByText('Each person approves at the provider')).toBeVisible()
  await page.getByRole('link', { name: 'Collaborators' }).first().click()
  await page.getByRole('button', { name: 'Add people' }).first().click()
  await page.getByRole('button', { name: 'Add Everyone' }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('row', { name: /Everyone/ })).toBeVisible()
}

/** The provider's own pages. */
async function atProvider(page: Page, login: string) {
  await page.getByPlaceholder('Enter any login').fill(login)
  await page.getByPlaceholder('and password').fill('any')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
}

/** Until nodes have heard that the account is gone, a call may still go through. */
async function refusalOf(ide: Ide): Promise<string> {
  let refusal = ''
  await expect
    .poll(async () => {
      refusal = await ide.call(TOOL).then(() => '', String)
      return refusal
    })
    .not.toBe('')
  return refusal
}
