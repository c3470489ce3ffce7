import { expect, test } from 'vitest'
import type { DocumentNames } from '@/lib/document/names'
import { Reader } from '@/lib/document/reader'
import { parse, print } from '@/lib/document/yaml'
import { type MemberDraft, newMember } from './bundle-values'
import { virtualFormat } from './virtual-document'
import { NEW_VIRTUAL, type VirtualValues } from './virtual-values'

const CALLED: Record<string, string> = { srv_1: 'github', srv_2: 'jira' }
const none = async () => undefined

const NAMES: DocumentNames = {
  nameOf: async id => CALLED[id] ?? id,
  server: async slug =>
    slug.startsWith('srv_') ? slug : Object.keys(CALLED).find(id => CALLED[id] === slug),
  user: none,
  userName: none,
  group: none,
  serviceAccount: none,
}

async function read(text: string, format = virtualFormat(NAMES)) {
  const { root } = parse(text)
  if (!root) throw new Error(text)
  const reader = new Reader()
  const values = await format.read(root, reader, NEW_VIRTUAL)
  return { values, said: reader.mistakes.map(({ line, field, message }) => `${line} ${field}: ${message}`) }
}

const CHOSEN: MemberDraft = {
  ...newMember('srv_2', 'jira'),
  plain_uris: true,
  offer: {
    tools: [
      { name: 'search', exposed_as: 'find_it', description: 'Finds.' },
      { name: 'on', exposed_as: '', description: '' },
    ],
    prompts: [],
    resources: 'all',
    resource_templates: [{ name: 'file://{path}', exposed_as: '', description: 'Files' }],
  },
}

const WORK: VirtualValues = {
  slug: 'work',
  display_name: 'Work',
  description: 'no',
  tags: ['prod'],
  members: [newMember('srv_1', 'gh'), CHOSEN],
}
test('form, document, form: nothing is lost', async () => {
  const hidden = { ...WORK, description: '', tags: [], members: [newMember('srv_9', 'x')] }
  for (const values of [WORK, hidden]) {
    const text = print(await virtualFormat(NAMES).write(values))
    const { values: back, said } = await read(text)
    expect(said, text).toEqual([])
    expect(back, text).toEqual(values)
  }
})

test('the document is what portway apply takes: slugs, no ids', async () => {
  expect(print(await virtualFormat(NAMES).write(WORK))).toBe(`apiVersion: portway/v1
kind: Server
metadata:
  slug: work
spec:
  displayName: Work
  description: no
  enabled: true
  tags:
    - prod
  members:
    - server: github
      alias: gh
    - server: jira
      alias: jira
      offer:
        tools:
          - name: search
            exposedAs: find_it
            description: Finds.
          - name: on
        prompts: []
        resourceTemplates:
          - name: file://{path}
            description: Files
        plainUris: true
`)
})

const HEAD = 'apiVersion: portway/v1\nkind: Server\nmetadata: {slug: work}\nspec:\n'
const said = async (more: string, format = virtualFormat(NAMES)) => (await read(HEAD + more, format)).said

test('what is unknown, of another kind or missing is refused where it stands', async () => {
  expect(
    (
      await said(`  colour: red
  members:
    - {server: github, alias: gh, offer: {tools: search, toolz: []}}
    - {server: confluence, alias: [c], offer: {plainUris: "yes"}}
    - server: jira
      alias: jira
      offer:
        resources:
          - name: file:///x
            exposedAs: y
`)
    ).toSorted(),
  ).toEqual([
    '14 spec.members[2].offer.resources[0].exposedAs: is for tools and prompts: resources go by their URIs',
    '5 spec.colour: is unknown; expected displayName, description, tags, enabled, grants, members, preset, url, timeoutMs, outboundAuth, transport',
    '7 spec.members[0].offer.tools: must be a list, not a value',
    '7 spec.members[0].offer.toolz: is unknown; expected tools, prompts, resources, resourceTemplates, plainUris',
    '8 spec.members[1].alias: must be text, not a list',
    '8 spec.members[1].offer.plainUris: must be true or false',
    '8 spec.members[1].server: there is no server confluence, or you may not see it',
  ])
  expect(await said('  description: x\n')).toEqual(['5 spec.members: is missing'])
  expect(await said('  members: [{server: github, alias: gh}]\n  url: https://x.example\n')).toEqual([
    '6 spec.url: is not for a server with members: they have their own',
  ])
})

test('what does not fit together is said where it is written', async () => {
  expect(
    await said(`  members:
    - server: github
      alias: gh
    - server: jira
      alias: Jira!
    - server: github
      alias: hub
      offer:
        tools:
          - name: a
            exposedAs: gh_a
`),
  ).toEqual([
    expect.stringMatching(/^9 spec.members\[1\].alias: must be/),
    '10 spec.members[2].server: is a member already',
    expect.stringMatching(/^15 spec.members\[2\].offer.tools\[0\].exposedAs: could be a name of/),
  ])
  expect(await said('  members: []\n')).toEqual(['5 spec.members: must be 1 to 50 servers'])
})

test('what cannot be changed here is refused; what was there already is not judged', async () => {
  const registered = virtualFormat(NAMES, { slug: 'work', isEnabled: false })
  expect(await said('  members: []\n  enabled: false\n', registered)).toEqual([])
  expect(await said('  members: []\n  grants: []\n', registered)).toEqual([
    expect.stringMatching(/^6 spec.grants: .*Collaborators/),
    expect.stringMatching(/^5 spec.enabled: must be false/),
  ])
  expect(
    await said(
      '  members: [{server: github, alias: gh}]\n',
      virtualFormat(NAMES, { slug: 'x', isEnabled: true }),
    ),
  ).toEqual(['1 metadata.slug: must be x: a slug never changes'])
})
