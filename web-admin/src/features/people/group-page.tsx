//! One group: who is in it, and what it gives them here.

import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Plus, UsersRound, X } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { group, groupMembers, userList } from '@/api/queries'
import type { Group, User } from '@/api/types'
import { ChooseDialog } from '@/components/choose'
import { Confirm } from '@/components/confirm'
import { columnsOf, DataTable, RowLink, SearchField } from '@/components/data-table'
import { EmptyState, Page } from '@/components/page'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { can, type May } from '@/lib/can'
import { count } from '@/lib/count'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { useGroupActions } from './actions'
import { GroupDialog } from './group-dialog'
import { GroupBadges } from './groups-page'
import { RoleBadge } from './users-page'
import { both } from './words'

const route = getRouteApi('/$tenant/people/groups/$group')

type Asked = 'edit' | 'add' | 'delete'

export function GroupPage() {
  const { tenant, group: id } = route.useParams()
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const { data } = useSuspenseQuery(group(tenant, id))
  const query = useInfiniteQuery(groupMembers(tenant, id, { q }))
  const session = useSession()
  const [asked, ask] = useState<Asked>()
  const may = can.manageGroups(session)
  const mayChange = both(may, ownedHere(data))
  const columns = useMemo(() => memberColumns(tenant, data), [tenant, data])
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: { q }, replace: true }),
    [navigate],
  )
  const add = (
    <Button kind="primary" may={mayChange} onClick={() => ask('add')}>
      <Plus />
      Add people
    </Button>
  )
  return (
    <Page
      title={data.display_name}
      back={{ ...paths.groups(tenant), children: 'Groups' }}
      description={
        data.source === 'scim'
          ? 'An identity provider pushes this group: its name and its members are changed there. What it gives is decided here.'
          : `${count(data.member_count, 'member')}. What is granted to the group, they have.`
      }
      aside={<GroupBadges group={data} />}
      actions={
        <>
          <Button kind="danger-quiet" may={mayChange} onClick={() => ask('delete')}>
            Delete
          </Button>
          <Button may={may} onClick={() => ask('edit')}>
            {data.source === 'scim' ? 'Change what it gives' : 'Edit'}
          </Button>
          {add}
        </>
      }
    >
      <div className="mb-4">
        <SearchField label="Find a member" value={q} onChange={setText} />
      </div>
      <DataTable
        noun={['member', 'members']}
        query={query}
        columns={columns}
        rowId={person => person.id}
        empty={
          q ? (
            <EmptyState
              title="No such member"
              action={<Button onClick={() => setText(undefined)}>Show all members</Button>}
            >
              Nobody in this group has “{q}” in their name, user name or e-mail address.
            </EmptyState>
          ) : (
            <EmptyState icon={<UsersRound />} title="Nobody is in it" {...(mayChange.yes && { action: add })}>
              {data.source === 'scim'
                ? 'Assign people to the group at your identity provider: they appear here with its next push.'
                : 'Whoever you add has, at once, the servers that are granted to the group.'}
            </EmptyState>
          )
        }
      />
      <Questions group={data} asked={asked} onClose={() => ask(undefined)} />
    </Page>
  )
}

const ownedHere = ({ source }: Group): May =>
  source === 'scim'
    ? { yes: false, why: 'The identity provider decides about this group: change it there.' }
    : { yes: true }

type QuestionsProps = { group: Group; asked: Asked | undefined; onClose: () => void }

function Questions({ group, asked, onClose }: QuestionsProps) {
  const tenant = useTenant()
  const navigate = useNavigate()
  const { add, remove } = useGroupActions()
  const name = group.display_name
  if (asked === 'edit') return <GroupDialog group={group} onClose={onClose} />
  if (asked === 'add') {
    return (
      <ChooseDialog
        heading={`Add people to ${name}`}
        noun="people"
        useRows={useActive}
        rowId={person => person.id}
        title={person => person.display_name}
        note={person => person.email || person.user_name}
        action="Add"
        onChoose={async ids => {
          const { added } = await add(group.id, ids)
          toast.done(added > 0 ? `${count(added, 'person', 'people')} added` : 'They were in it already')
        }}
        onClose={onClose}
      />
    )
  }
  if (asked !== 'delete') return null
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Delete ${name}`}
      consequences={
        <ul>
          <li>
            {group.member_count === 0
              ? 'Nobody is in it now.'
              : `${count(group.member_count, 'person loses', 'people lose')} at once what it gave them: servers that they have by nothing else${group.tenant_role ? `, and the role ${group.tenant_role}` : ''}.`}
          </li>
          <li>Its grants on servers go with it. A new group of the same name has none of them.</li>
        </ul>
      }
      action="Delete the group"
      word={name}
      onConfirm={async () => {
        const lost = await remove(group.id)
        toast.done(`${name} is deleted, with ${count(lost.grants, 'grant')}`)
        await navigate({ ...paths.groups(tenant), replace: true })
      }}
    />
  )
}

const useActive = (q: string | undefined) => useInfiniteQuery(userList(useTenant(), { q, status: 'active' }))

const columns = columnsOf<User>()

/** Out of a group of an identity provider nobody can be taken here: that column would only say so again and again. */
const memberColumns = (tenant: string, group: Group) =>
  columns.columns([
    columns.accessor('display_name', {
      header: 'Person',
      cell: ({ row: { original } }) => (
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-2">
            <RowLink {...paths.user(tenant, original.id)} className="break-words">
              {original.display_name}
            </RowLink>
            {original.status === 'deactivated' && <Badge tone="warning">Deactivated</Badge>}
          </div>
          <p className="break-all text-quiet text-xs">{original.email || original.user_name}</p>
        </div>
      ),
    }),
    columns.accessor('role', {
      header: 'Role',
      meta: { className: 'max-md:hidden w-32' },
      cell: ({ row: { original } }) => <RoleBadge user={original} />,
    }),
    ...(group.source === 'local'
      ? [
          columns.display({
            id: 'out',
            header: () => <span className="sr-only">Actions</span>,
            meta: { className: 'w-14 text-right' },
            cell: ({ row: { original } }) => <TakeOut group={group} person={original} />,
          }),
        ]
      : []),
  ])

function TakeOut({ group, person }: { group: Group; person: User }) {
  const { takeOut } = useGroupActions()
  const may = both(can.manageGroups(useSession()), ownedHere(group))
  return (
    <span className="relative z-1">
      <Button
        kind="quiet"
        size="icon"
        aria-label={`Take ${person.display_name} out`}
        may={may}
        onClick={() =>
          takeOut(group.id, person.id).then(() => toast.done(`${person.display_name} is out`), toast.failed)
        }
      >
        <X className="text-quiet" />
      </Button>
    </span>
  )
}
