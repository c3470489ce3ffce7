import { expect, test } from 'vitest'
import type { ReachingGrant } from '@/api/types'
import { byServer } from './reached'

const reaching = (server: string, grant: string) =>
  ({ server: { id: server, display_name: server }, grant: { id: grant } }) as ReachingGrant

test('a server stands once, with all that opens it, also where a page ended in between', () => {
  const pages = [
    { items: [reaching('Server 10', 'a'), reaching('Server 9', 'b')], next_cursor: 'c1' },
    { items: [reaching('Server 10', 'c')], next_cursor: null },
  ]
  const { pages: [page] = [] } = byServer({ pages, pageParams: [undefined, 'c1'] })
  const said = page?.items.map(({ server, grants }) => [server.id, ...grants.map(grant => grant.id)])
  expect(said).toEqual([
    ['Server 9', 'b'],
    ['Server 10', 'a', 'c'],
  ])
  expect(page?.next_cursor).toBeNull()
})
