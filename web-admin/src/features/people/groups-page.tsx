//! The groups of the organisation, made here or pushed by an identity provider.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Plus, UsersRound } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { groupList } from '@/api/queries'
import type { Group } from '@/api/types'
import { columnsOf, DataTable, RowLink, SearchField } from '@/components/data-table'
import { EmptyState } from '@/components/page'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { QuietTime } from '@/components/ui/time'
import { can } from '@/lib/can'
import { count } from '@/lib/count'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { GroupDialog } from './group-dialog'
import { PeopleFrame } from './people-frame'
import { ROLE_WORDS } from './words'

const route = getRouteApi('/$tenant/people/groups/')

export function GroupsPage() {
  const { tenant } = route.useParams()
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const go = useNavigate()
  const session = useSession()
  const query = useInfiniteQuery({ ...groupList(tenant, { q }), enabled: can.readPeople(session).yes })
  const columns = useMemo(() => groupColumns(tenant), [tenant])
  const [creating, setCreating] = useState(false)
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: { q }, replace: true }),
    [navigate],
  )
  const create = (
    <Button kind="primary" may={can.manageGroups(session)} onClick={() => setCreating(true)}>
      <Plus />
      Create a group
    </Button>
  )
  return (
    <PeopleFrame
      tab="Groups"
      description="Grant a server to a group, and whoever is in it has it."
      actions={create}
    >
      <div className="mb-4">
        <SearchField label="Find a group" value={q} onChange={setText} />
      </div>
      <DataTable
        noun={['group', 'groups']}
        query={query}
        columns={columns}
        rowId={group => group.id}
        empty={
          q ? (
            <EmptyState
              title="No group of that name"
              action={<Button onClick={() => setText(undefined)}>Show all groups</Button>}
            >
              None has “{q}” in its name.
            </EmptyState>
          ) : (
            <EmptyState icon={<UsersRound />} title="No groups yet" action={create}>
              A group has people in it and servers granted to it; it may also make its members admin or
              auditor. Your identity provider can push the groups that you have:{' '}
              <Link {...paths.scim(tenant)} className="link">
                set SCIM up
              </Link>
              .
            </EmptyState>
          )
        }
      />
      {creating && (
        <GroupDialog
          onDone={group => void go(paths.group(tenant, group.id))}
          onClose={() => setCreating(false)}
        />
      )}
    </PeopleFrame>
  )
}

const columns = columnsOf<Group>()

const groupColumns = (tenant: string) =>
  columns.columns([
    columns.accessor('display_name', {
      header: 'Group',
      cell: ({ row: { original } }) => (
        <div className="flex min-w-0 flex-wrap items-center gap-x-2">
          <RowLink {...paths.group(tenant, original.id)} className="break-words">
            {original.display_name}
          </RowLink>
          <GroupBadges group={original} />
          <span className="w-full text-quiet text-xs md:hidden">{members(original)}</span>
        </div>
      ),
    }),
    columns.accessor('member_count', {
      header: 'Members',
      meta: { className: 'max-md:hidden w-36' },
      cell: ({ row: { original } }) => <span className="text-quiet">{members(original)}</span>,
    }),
    columns.accessor('source', {
      header: 'Made by',
      meta: { className: 'max-md:hidden w-44' },
      cell: info => (
        <span className="text-quiet">{info.getValue() === 'scim' ? 'Identity provider' : 'Hand'}</span>
      ),
    }),
    columns.accessor('created_at', {
      header: 'Made',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
  ])

const members = ({ member_count }: Group) => count(member_count, 'member')

export const GroupBadges = ({ group: { source, tenant_role } }: { group: Group }) => (
  <>
    {source === 'scim' && <Badge>SCIM</Badge>}
    {tenant_role && <Badge tone="good">Gives {ROLE_WORDS[tenant_role].label.toLowerCase()}</Badge>}
  </>
)
