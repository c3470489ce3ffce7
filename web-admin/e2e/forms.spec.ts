//! Each form's mistakes: what is wrong stands beside its field and has the focus, what was typed stays, nothing is said to
//! be saved. Half of them are rules of the page, half are refusals of the API.

import type { Page } from '@playwright/test'
import { oneOfEach, type Things } from './things'
import { expect, test } from './world'

type Field = readonly [label: string, typed: string]

type Mistake = {
  form: string
  /** Below the tenant's part of the console. */
  at: (things: Things) => string
  /** What to press first: buttons that open it, choices that show the field. */
  open?: (page: Page) => Promise<unknown>
  /** Typed besides, and still there afterwards. */
  keeps?: Field
  wrong: Field
  says: RegExp
  submit: string
}

const press = (name: string) => (page: Page) => page.getByRole('button', { name }).first().click()
const choose = (name: RegExp) => (page: Page) => page.getByRole('radio', { name }).check()
const unfold = (page: Page) => page.getByText('Advanced', { exact: true }).click()
const LONG = 'x'.repeat(200)
const NEW_SERVER = () => 'servers/new'
const NAMED: Field = ['Name', 'Field Notes']

const MISTAKES: readonly Mistake[] = [
  {
    form: 'register a server: no URL at all',
    at: NEW_SERVER,
    keeps: NAMED,
    wrong: ['URL of the MCP server', 'mcp.example.com'],
    says: /Is no URL/,
    submit: 'Register server',
  },
  {
    form: 'register a server: a slug that no URL can have',
    at: NEW_SERVER,
    open: page => page.getByLabel('URL of the MCP server').fill('https://mcp.example.com/mcp'),
    keeps: NAMED,
    wrong: ['Slug', 'Field Notes!'],
    says: /Lower-case letters, digits and single hyphens/,
    submit: 'Register server',
  },
  {
    form: 'register a server: a header made of what nobody is asked for',
    at: NEW_SERVER,
    open: async page => {
      await choose(/^A key of each person/)(page)
      await page.getByLabel('URL of the MCP server').fill('https://mcp.example.com/mcp')
    },
    keeps: NAMED,
    wrong: ['Value', 'Bearer {secret}'],
    says: /secret/,
    submit: 'Register server',
  },
  {
    form: 'register a server: a header whose name is none',
    at: NEW_SERVER,
    open: async page => {
      await unfold(page)
      await page.getByLabel('URL of the MCP server').fill('https://mcp.example.com/mcp')
    },
    keeps: NAMED,
    wrong: ['Headers that callers may send along', 'no-header:'],
    says: /\w/,
    submit: 'Register server',
  },
  {
    form: 'edit a server: a time that no call may take',
    at: ({ server }) => `servers/${server}/settings`,
    open: unfold,
    keeps: ['Description', 'Changed, and kept.'],
    wrong: ['Time for one call, in seconds', '601'],
    says: /Must be 1 to 600/,
    submit: 'Save',
  },
  {
    form: 'edit a server: without a name',
    at: ({ server }) => `servers/${server}/settings`,
    keeps: ['Description', 'Changed, and kept.'],
    wrong: ['Name', ''],
    says: /Give it a name/,
    submit: 'Save',
  },
  {
    form: 'switch a tool: without its name',
    at: ({ server }) => `servers/${server}/tools`,
    open: press('Switch by name…'),
    wrong: ['Tool', ' '],
    says: /Type its name/,
    submit: 'Switch',
  },
  {
    form: 'organisation: tokens that are too short-lived',
    at: () => 'settings',
    keeps: ['Display name', 'Demo & Sons'],
    wrong: ['Access tokens last, in minutes', '1'],
    says: /Must be 5 to 720/,
    submit: 'Save',
  },
  {
    form: 'organisation: an origin that is none',
    at: () => 'settings',
    keeps: ['Display name', 'Demo & Sons'],
    wrong: ['Origins of browser clients', 'https://app.example.com/path'],
    says: /\w/,
    submit: 'Save',
  },
  {
    form: 'organisation: a host that is none',
    at: () => 'settings',
    keeps: ['Display name', 'Demo & Sons'],
    wrong: ['Never from these hosts', 'https://example.net/'],
    says: /\w/,
    submit: 'Save',
  },
  {
    form: 'limit: a name that is taken',
    at: () => 'limits/new',
    keeps: ['At most', '12'],
    wrong: ['Name', 'searches'],
    says: /name/i,
    submit: 'Save',
  },
  {
    form: 'limit: nothing at all may pass',
    at: () => 'limits/new',
    keeps: ['Name', 'Nothing'],
    wrong: ['At most', '0'],
    says: /Must be at least 1/,
    submit: 'Save',
  },
  {
    form: 'limit: more at once than in all',
    at: ({ limitRule }) => `limits/${limitRule}`,
    keeps: ['Name', 'Searches, slowly'],
    wrong: ['At once', '1000'],
    says: /at most the limit/,
    submit: 'Save',
  },
  {
    form: 'group: a name that is taken',
    at: () => 'people/groups',
    open: press('Create a group'),
    wrong: ['Name', 'engineering'],
    says: /name/i,
    submit: 'Create the group',
  },
  {
    form: 'invitation: no address',
    at: () => 'people',
    open: press('Invite somebody'),
    wrong: ['E-mail address', 'ana'],
    says: /Must be an address like/,
    submit: 'Invite',
  },
  {
    form: 'invitation: somebody who is here',
    at: () => 'people',
    open: press('Invite somebody'),
    wrong: ['E-mail address', 'owner@localhost'],
    says: /in the tenant already/,
    submit: 'Invite',
  },
  {
    form: 'person: a name of nothing',
    at: ({ user }) => `people/users/${user}`,
    open: async page => {
      await press('Actions for Ada Lovelace')(page)
      await page.getByRole('menuitem', { name: 'Change the name…' }).click()
    },
    wrong: ['Name', ' '],
    says: /\w/,
    submit: 'Save',
  },
  {
    form: 'service account: a name that is taken',
    at: () => 'people/service-accounts',
    open: press('Create a service account'),
    keeps: ['What it is for', 'Another pipeline'],
    wrong: ['Name', 'CI-Deploys'],
    says: /name/i,
    submit: 'Create',
  },
  {
    form: 'service account: a key with too long a name',
    at: ({ account }) => `people/service-accounts/${account}`,
    open: press('Create a key'),
    keeps: ['Ends after', '30'],
    wrong: ['Name', LONG],
    says: /at most/,
    submit: 'Create the key',
  },
  {
    form: 'own key: without a name',
    at: () => 'me/keys',
    open: press('Create a key'),
    keeps: ['Ends after', '30'],
    wrong: ['Name', ''],
    says: /Needs a name/,
    submit: 'Create the key',
  },
  {
    form: 'own key: with too long a name',
    at: () => 'me/keys',
    open: press('Create a key'),
    keeps: ['Ends after', '30'],
    wrong: ['Name', LONG],
    says: /at most/,
    submit: 'Create the key',
  },
  {
    form: 'identity provider: a name that is taken',
    at: () => 'identity/providers/new',
    open: page => fillProvider(page, 'acme.okta.com'),
    keeps: ['Client id', '0oa9'],
    wrong: ['Name', 'Okta'],
    says: /label/,
    submit: 'Save and go on',
  },
  {
    form: 'identity provider: an address that is none',
    at: () => 'identity/providers/new',
    open: page => fillProvider(page, ''),
    keeps: ['Client id', '0oa9'],
    wrong: ['Okta address', 'acme okta com'],
    says: /\w/,
    submit: 'Save and go on',
  },
  {
    form: 'domain: an address in the place of one',
    at: () => 'identity/domains',
    open: press('Add a domain'),
    wrong: ['Domain', 'ana@example.com'],
    says: /Must be a domain such as/,
    submit: 'Add',
  },
  {
    form: 'domain: one that is everybody’s',
    at: () => 'identity/domains',
    open: press('Add a domain'),
    wrong: ['Domain', 'gmail.com'],
    says: /gives addresses to anybody/,
    submit: 'Add',
  },
  {
    form: 'domain: one that is there',
    at: () => 'identity/domains',
    open: press('Add a domain'),
    wrong: ['Domain', 'example.com'],
    says: /\w/,
    submit: 'Add',
  },
  {
    form: 'SCIM token: without a name',
    at: () => 'identity/scim',
    open: press('Create a token'),
    keeps: ['Works for', '90'],
    wrong: ['Name', ''],
    says: /A name is needed/,
    submit: 'Create the token',
  },
  {
    form: 'SCIM token: with too long a name',
    at: () => 'identity/scim',
    open: press('Create a token'),
    keeps: ['Works for', '90'],
    wrong: ['Name', LONG],
    says: /at most/,
    submit: 'Create the token',
  },
]

async function fillProvider(page: Page, address: string) {
  await fieldOf(page, 'Name').fill('Another')
  await page.getByLabel('Okta address').fill(address)
  await page.getByLabel('Client secret').fill('a secret of the provider')
}

for (const { form, at, open, keeps, wrong, says, submit } of MISTAKES) {
  test(form, async ({ page, world }) => {
    await page.goto(world.console(at(await oneOfEach(world, page.request))))
    await open?.(page)
    if (keeps) await type(page, keeps)
    await type(page, wrong)
    await page.getByRole('button', { name: submit, exact: true }).click()
    const [label, typed] = wrong
    const field = fieldOf(page, label)
    await expect(field).toHaveAccessibleDescription(says)
    await expect(field).toHaveAttribute('aria-invalid', 'true')
    await expect(field).toBeFocused()
    await expect(field).toHaveValue(typed)
    if (keeps) await expect(fieldOf(page, keeps[0])).toHaveValue(keeps[1])
    await expect(page.getByRole('region', { name: 'Notifications' }).getByRole('status')).toHaveCount(0)
  })
}

const fieldOf = (page: Page, label: string) =>
  page
    .getByLabel(label, { exact: true })
    .or(page.getByLabel(`${label} (optional)`, { exact: true }))
    .first()

async function type(page: Page, [label, text]: Field) {
  const field = fieldOf(page, label)
  const isList = (await field.evaluate(element => element.tagName)) === 'SELECT'
  if (isList) await field.selectOption(text)
  else await field.fill(text)
}

/** What most people leave folded away. */
const FOLDED = [
  {
    at: 'servers/new',
    fold: 'Advanced',
    wrong: ['Time for one call, in seconds', 'soon'],
    submit: 'Register server',
  },
  { at: 'identity/providers/new', fold: 'More settings', wrong: ['Subject', ''], submit: 'Save and go on' },
] as const

for (const { at, fold, wrong, submit } of FOLDED) {
  test(`a mistake within “${fold}” opens it`, async ({ page, world }) => {
    await page.goto(world.console(at))
    const name = fieldOf(page, 'Name')
    if (at === 'servers/new')
      await page.getByLabel('URL of the MCP server').fill('https://mcp.example.com/mcp')
    else await fillProvider(page, 'fold.okta.com')
    await name.fill('Folded')
    if (at !== 'servers/new') await fieldOf(page, 'Client id').fill('0oa7')
    const summary = page.locator('summary').filter({ hasText: fold })
    await summary.click()
    await type(page, wrong)
    await summary.click()
    await expect(fieldOf(page, wrong[0])).toBeHidden()
    await page.getByRole('button', { name: submit, exact: true }).click()
    await expect(fieldOf(page, wrong[0])).toBeVisible()
    await expect(fieldOf(page, wrong[0])).toHaveAttribute('aria-invalid', 'true')
  })
}

test('a group is made from YAML, with its members, and changed as YAML', async ({ page, world }) => {
  await page.goto(world.console('people/groups'))
  await press('Create a group')(page)
  const dialog = page.getByRole('dialog', { name: 'Create a group' })
  await dialog.getByLabel('Name').fill('Platform')
  await dialog.getByRole('button', { name: 'YAML' }).click()
  const area = page.getByLabel('YAML')
  await expect(area).toHaveValue(/kind: Group[\s\S]*name: Platform[\s\S]*members: \[\]/)
  const text = await area.inputValue()
  await area.fill(text.replace('members: []', 'members: [nobody]\n  colour: red'))
  await dialog.getByRole('button', { name: 'Create the group' }).click()
  await expect(dialog.getByRole('alert')).toContainText('spec.members[0] there is no person')
  await expect(dialog.getByRole('alert')).toContainText('spec.colour is unknown')
  await area.fill(text.replace('members: []', 'members: [owner@localhost]').replace('none', 'auditor'))
  // What was typed comes into the form.
  await dialog.getByRole('button', { name: 'Form', exact: true }).click()
  await expect(dialog.getByRole('radio', { name: /^Auditor/ })).toBeChecked()
  await expect(dialog.getByText('owner@localhost.')).toBeVisible()
  await dialog.getByRole('button', { name: 'Create the group' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Platform')
  await expect(page.getByRole('link', { name: 'Ada Lovelace' })).toBeVisible()

  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'YAML' }).click()
  await expect(area).toHaveValue(/tenantRole: auditor\n\s+members:\n\s+- owner@localhost/)
  await area.fill(text.replace('name: Platform', 'name: Base'))
  await page.getByRole('button', { name: 'See what changes' }).click()
  const changes = page.getByRole('dialog', { name: 'What changes' })
  await expect(changes).toContainText('spec.members[owner@localhost]')
  await expect(changes).toContainText('spec.tenantRole')
  await changes.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Base')
  await expect(page.getByText('Nobody is in it')).toBeVisible()
})

test('a service account is changed as YAML', async ({ page, world }) => {
  const { id } = await world.post(page.request, 'service-accounts', { name: 'nightly', description: 'Runs.' })
  await page.goto(world.console(`people/service-accounts/${id}`))
  await page.getByRole('button', { name: 'Edit' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change the service account' })
  await dialog.getByRole('button', { name: 'YAML' }).click()
  const area = dialog.getByLabel('YAML')
  await expect(area).toHaveValue(/kind: ServiceAccount[\s\S]*name: nightly[\s\S]*enabled: true/)
  const text = await area.inputValue()
  await area.fill(text.replace('enabled: true', 'enabled: false'))
  await dialog.getByRole('button', { name: 'See what changes' }).click()
  await expect(dialog.getByRole('alert')).toContainText('spec.enabled must be true')
  await area.fill(text.replace('Runs.', 'Runs at night.'))
  await dialog.getByRole('button', { name: 'Form', exact: true }).click()
  await expect(dialog.getByLabel('What it is for')).toHaveValue('Runs at night.')
  await dialog.getByRole('button', { name: 'See what changes' }).click()
  const changes = page.getByRole('dialog', { name: 'What changes' })
  await expect(changes).toContainText('spec.description')
  await changes.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByText('Runs at night.')).toBeVisible()
})
