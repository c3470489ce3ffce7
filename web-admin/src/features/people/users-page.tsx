//! The people of the organisation.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { UserPlus, UsersRound } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { userList } from '@/api/queries'
import type { User } from '@/api/types'
import { columnsOf, DataTable, RowLink, SearchField } from '@/components/data-table'
import { Filter } from '@/components/filter'
import { EmptyState } from '@/components/page'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { QuietTime } from '@/components/ui/time'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { InviteFlow } from './invite'
import { PeopleFrame } from './people-frame'
import { ROLE_WORDS, SOURCE_WORDS, STATUS_OPTIONS } from './words'

const route = getRouteApi('/$tenant/people/')

export function UsersPage() {
  const { tenant } = route.useParams()
  const { q, status } = route.useSearch()
  const navigate = route.useNavigate()
  const session = useSession()
  const query = useInfiniteQuery({
    ...userList(tenant, { q, status }),
    enabled: can.readPeople(session).yes,
  })
  const columns = useMemo(() => userColumns(tenant), [tenant])
  const [inviting, setInviting] = useState(false)
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: before => ({ ...before, q }), replace: true }),
    [navigate],
  )
  const isAlone = query.data?.pages.length === 1 && query.data.pages[0]?.items.length === 1 && !q && !status
  const isFiltered = q !== undefined || status !== undefined
  return (
    <PeopleFrame
      tab="Users"
      description="Who can sign in, what they may do here, and where they came from."
      actions={
        <Button kind="primary" may={can.managePeople(session)} onClick={() => setInviting(true)}>
          <UserPlus />
          Invite somebody
        </Button>
      }
    >
      <div className="mb-4 flex items-center gap-2 max-md:flex-wrap">
        <SearchField label="Find a person" value={q} onChange={setText} />
        <Filter
          label="Status"
          all="Any status"
          value={status}
          options={STATUS_OPTIONS}
          onChange={status => void navigate({ search: before => ({ ...before, status }), replace: true })}
        />
      </div>
      <DataTable
        noun={['person', 'people']}
        query={query}
        columns={columns}
        rowId={user => user.id}
        empty={
          isFiltered ? (
            <EmptyState
              title="Nobody is found"
              action={
                <Button onClick={() => void navigate({ search: {}, replace: true })}>Show everybody</Button>
              }
            >
              Nobody has this in their name, user name or e-mail address
              {status && `, and is ${status}`}.
            </EmptyState>
          ) : (
            <EmptyState icon={<UsersRound />} title="Nobody is here yet">
              Invite people, or let your identity provider bring them: see{' '}
              <Link {...paths.identity(tenant)} className="link">
                Identity
              </Link>
              .
            </EmptyState>
          )
        }
      />
      {isAlone && (
        <p className="mt-4 text-center text-quiet">
          Only you so far. Invite people one by one, or let your identity provider bring them: see{' '}
          <Link {...paths.identity(tenant)} className="link">
            Identity
          </Link>
          .
        </p>
      )}
      {inviting && <InviteFlow onClose={() => setInviting(false)} />}
    </PeopleFrame>
  )
}

const columns = columnsOf<User>()

const userColumns = (tenant: string) =>
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
            <span className="text-quiet text-xs md:hidden">{ROLE_WORDS[original.role].label}</span>
          </div>
          <p className="max-w-[52ch] break-all text-quiet text-xs">{original.email || original.user_name}</p>
        </div>
      ),
    }),
    columns.accessor('role', {
      header: 'Role',
      meta: { className: 'max-md:hidden w-32' },
      cell: ({ row: { original } }) => <RoleBadge user={original} />,
    }),
    columns.accessor('source', {
      header: 'Came by',
      meta: { className: 'max-md:hidden w-32' },
      cell: info => <span className="text-quiet">{SOURCE_WORDS[info.getValue()].label}</span>,
    }),
    columns.accessor('created_at', {
      header: 'Here since',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
  ])

/** What most people are needs no colour. */
export const RoleBadge = ({ user: { role } }: { user: Pick<User, 'role'> }) =>
  role === 'member' ? (
    <span className="text-quiet">Member</span>
  ) : (
    <Badge tone={role === 'auditor' ? 'plain' : 'good'}>{ROLE_WORDS[role].label}</Badge>
  )
