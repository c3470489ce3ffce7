// The rules are those of control-plane/src/domain/bundle.rs, and so are the cases.
import { expect, test } from 'vitest'
import type { Member } from '@/api/types'
import {
  draftsOf,
  type ItemDraft,
  type MemberDraft,
  membersOf,
  mistakesOf,
  newItem,
  newMember,
} from './bundle-values'

const item = (name: string, exposed_as = ''): ItemDraft => ({ name, exposed_as, description: '' })

function member(number: number, alias: string, tools: 'all' | ItemDraft[]): MemberDraft {
  const member = newMember(`srv_${number}`, alias)
  return { ...member, offer: { ...member.offer, tools } }
}

const codes = (drafts: MemberDraft[]) => mistakesOf(drafts).map(({ field, code }) => `${field} ${code}`)

test('members and their names', () => {
  expect(codes([])).toEqual(['members members.count'])
  expect(codes([member(1, 'gh', 'all'), member(2, 'jira', [item('a'), item('b', 'bee')])])).toEqual([])
  expect(codes([member(1, 'gh', 'all'), member(1, 'hg', 'all')])).toEqual([
    'members[1].server_id members.twice',
  ])
  expect(codes([member(1, 'gh', 'all'), member(2, 'gh', 'all')])).toEqual([
    'members[1].alias members.alias_twice',
  ])
  expect(codes([member(1, 'G_h', 'all')])).toEqual(['members[0].alias members.alias'])
  expect(codes([member(1, 'gh', [item('a'), item('a')])])).toEqual([
    'members[0].offer.tools[1].name members.name_twice',
    'members[0].offer.tools[1].exposed_as members.collision',
  ])
  expect(codes(Array.from({ length: 51 }, (_, at) => member(at, `a${at}`, 'all')))).toEqual([
    'members members.count',
  ])
})

test('no chosen name takes another’s place', () => {
  expect(codes([member(1, 'gh', 'all'), member(2, 'jira', [item('a', 'gh_search')])])).toEqual([
    'members[1].offer.tools[0].exposed_as members.shadowing',
  ])
  expect(codes([member(1, 'gh', [item('a', 'find')]), member(2, 'jira', [item('b', 'find')])])).toEqual([
    'members[1].offer.tools[0].exposed_as members.collision',
  ])
  expect(codes([member(1, 'gh', [item('a', 'fi nd'), item('\u0007')])]).sort()).toEqual([
    'members[0].offer.tools[0].exposed_as members.exposed_as',
    'members[0].offer.tools[1].name members.name',
  ])
  // Also not of its own member: who routes by the name would look for it there.
  expect(codes([member(1, 'gh', [item('a', 'gh_b')])])).toEqual([
    'members[0].offer.tools[0].exposed_as members.shadowing',
  ])
})

test('a tool and a prompt may have one name, and one member at most keeps its URIs', () => {
  const both = member(1, 'gh', [item('a', 'find')])
  both.offer.prompts = [item('a', 'find')]
  expect(codes([both])).toEqual([])
  const plain = (number: number, alias: string) => ({ ...member(number, alias, 'all'), plain_uris: true })
  expect(codes([plain(1, 'a'), plain(2, 'b')])).toEqual(['members[1].offer.plain_uris members.plain_uris'])
})

test('what the API has goes back unchanged, and nothing that was not typed is sent', () => {
  const members: Member[] = [
    { server_id: 'srv_1', alias: 'gh', offer: {} },
    {
      server_id: 'srv_2',
      alias: 'jira',
      offer: {
        tools: [{ name: 'a' }, { name: 'b', exposed_as: 'bee', description: 'Stings.' }],
        prompts: [],
        resources: [{ name: 'file:///a' }],
        plain_uris: true,
      },
    },
  ]
  expect(membersOf(draftsOf(members))).toEqual(members)
  const resource = newMember('srv_1', ' gh ')
  resource.offer.resources = [{ ...newItem('file:///a'), exposed_as: 'left over' }]
  expect(membersOf([resource])).toEqual([
    { server_id: 'srv_1', alias: 'gh', offer: { resources: [{ name: 'file:///a' }] } },
  ])
})
