import { expect, test } from 'vitest'
import { offeredOf } from '@/lib/mcp'
import { lossesOf, meetingsOf, previewOf } from './bundle-preview'
import { type ItemDraft, type MemberDraft, newMember } from './bundle-values'

const item = (name: string, exposed_as = ''): ItemDraft => ({ name, exposed_as, description: '' })
const list = (...names: string[]) => offeredOf('tools', { tools: names.map(name => ({ name })) })

function member(number: number, alias: string, tools: 'all' | ItemDraft[] = 'all'): MemberDraft {
  const member = newMember(`srv_${number}`, alias)
  return { ...member, offer: { ...member.offer, tools } }
}

test('the names that clients will see, with what is odd about them', () => {
  const drafts = [
    member(1, 'gh'),
    member(2, 'jira', [item('find', 'search'), item('gone'), item('x', 'gh_read')]),
  ]
  const long = 'l'.repeat(70)
  const { names, unknown } = previewOf(
    drafts,
    'tools',
    new Map([
      ['srv_1', list('search', long)],
      ['srv_2', list('find', 'x')],
    ]),
  )
  expect(names.map(({ name, marks }) => [name.slice(0, 12), marks])).toEqual([
    ['gh_search', []],
    ['gh_lllllllll', ['shortened']],
    ['search', ['renamed']],
    ['jira_gone', ['unlisted']],
    ['gh_read', ['renamed', 'shadowing']],
  ])
  expect(unknown).toEqual([])
})

test('a member that cannot be listed is named, and two of one name are marked', () => {
  const drafts = [member(1, 'gh'), member(2, 'a', [item('x', 'find')]), member(3, 'b', [item('y', 'find')])]
  const { names, unknown } = previewOf(drafts, 'tools', new Map())
  expect(unknown).toEqual(['gh'])
  expect(names.map(({ marks }) => marks)).toEqual([
    ['collision', 'renamed'],
    ['collision', 'renamed'],
  ])
})

test('people meet what members want of their own, and nothing else', () => {
  expect(
    meetingsOf([
      { server_id: 'srv_1', auth: 'oauth_per_user' },
      { server_id: 'srv_2', auth: 'shared_header' },
      { server_id: 'srv_3', auth: 'per_user_header' },
      { server_id: 'srv_4', auth: undefined },
    ]),
  ).toEqual([
    { server_id: 'srv_1', kind: 'oauth_per_user' },
    { server_id: 'srv_3', kind: 'per_user_header' },
  ])
})

test('what a change takes from people, and only that', () => {
  const before = [member(1, 'gh', [item('a'), item('b'), item('c', 'sea')]), member(2, 'jira')]
  const losses = (after: MemberDraft[]) => lossesOf(before, after, id => `<${id}>`)
  const [gh, jira] = before as [MemberDraft, MemberDraft]
  expect(losses([gh, jira])).toEqual([])
  expect(
    losses([member(1, 'gh', [...(gh.offer.tools as ItemDraft[]), item('d')]), jira, member(3, 'new')]),
  ).toEqual([])
  expect(losses([member(1, 'gh'), jira])).toEqual([])
  expect(losses([jira])).toEqual(['<srv_1> leaves: what begins with gh_ disappears from every client.'])
  expect(losses([member(1, 'gh', [item('a', 'first')]), jira])).toEqual([
    'gh_b and sea disappear from every client.',
    'gh_a is called first from now on.',
  ])
  expect(losses([gh, member(2, 'jira', [])])).toEqual(['<srv_2> offers no tools any more.'])
  expect(losses([gh, member(2, 'jira', [item('x')])])).toEqual([
    'Of <srv_2> only 1 tool is left, and none that it adds later.',
  ])
  expect(losses([member(1, 'hub', gh.offer.tools), jira])[0]).toMatch(/gh_… is called hub_…/)
})
