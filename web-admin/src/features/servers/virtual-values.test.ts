import { expect, test } from 'vitest'
import { newMember } from './bundle-values'
import { NEW_VIRTUAL, type VirtualValues, virtualField, virtualPatch } from './virtual-values'

const STORED: VirtualValues = {
  ...NEW_VIRTUAL,
  slug: 'work',
  display_name: 'Work',
  tags: ['prod'],
  members: [newMember('srv_1', 'gh')],
}

test('only what differs is sent', () => {
  expect(virtualPatch(structuredClone(STORED), STORED)).toEqual({})
  expect(virtualPatch({ ...STORED, display_name: ' Tools ', tags: [] }, STORED)).toEqual({
    display_name: 'Tools',
    tags: [],
  })
  expect(virtualPatch({ ...STORED, members: [newMember('srv_2', 'gh')] }, STORED)).toEqual({
    members: [{ server_id: 'srv_2', alias: 'gh', offer: {} }],
  })
})

test('refusals stand beside their fields', () => {
  expect(['tags[0]', 'members[0].alias', 'slug'].map(virtualField)).toEqual([
    'tags',
    'members[0].alias',
    'slug',
  ])
})
