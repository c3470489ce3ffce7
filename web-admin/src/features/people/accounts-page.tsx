//! Service accounts: principals of programs, with keys in the place of a sign-in.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Bot, Plus } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { serviceAccountList } from '@/api/queries'
import type { ServiceAccount } from '@/api/types'
import { columnsOf, DataTable, RowLink, SearchField } from '@/components/data-table'
import { Filter } from '@/components/filter'
import { EmptyState } from '@/components/page'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { QuietTime } from '@/components/ui/time'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { AccountDialog } from './account-dialog'
import { PeopleFrame } from './people-frame'
import { STATUS_OPTIONS } from './words'

const route = getRouteApi('/$tenant/people/service-accounts/')

export function AccountsPage() {
  const { tenant } = route.useParams()
  const { q, status } = route.useSearch()
  const navigate = route.useNavigate()
  const go = useNavigate()
  const session = useSession()
  const may = can.readServiceAccounts(session)
  const query = useInfiniteQuery({ ...serviceAccountList(tenant, { q, status }), enabled: may.yes })
  const columns = useMemo(() => accountColumns(tenant), [tenant])
  const [creating, setCreating] = useState(false)
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: before => ({ ...before, q }), replace: true }),
    [navigate],
  )
  const create = (
    <Button kind="primary" may={can.manageServiceAccounts(session)} onClick={() => setCreating(true)}>
      <Plus />
      Create a service account
    </Button>
  )
  return (
    <PeopleFrame
      tab="Service accounts"
      description="For pipelines, agents and other programs: they act as themselves, and outlive whoever set them up."
      actions={create}
      may={may}
    >
      <div className="mb-4 flex items-center gap-2 max-md:flex-wrap">
        <SearchField label="Find a service account" value={q} onChange={setText} />
        <Filter
          label="Status"
          all="Any status"
          value={status}
          options={STATUS_OPTIONS}
          onChange={status => void navigate({ search: before => ({ ...before, status }), replace: true })}
        />
      </div>
      <DataTable
        noun={['service account', 'service accounts']}
        query={query}
        columns={columns}
        rowId={account => account.id}
        empty={
          q || status ? (
            <EmptyState
              title="None is found"
              action={
                <Button onClick={() => void navigate({ search: {}, replace: true })}>
                  Show all service accounts
                </Button>
              }
            >
              No service account fits the search and the filter.
            </EmptyState>
          ) : (
            <EmptyState icon={<Bot />} title="No service accounts yet" action={create}>
              Make one for each program: give it a key, grant it the servers that it needs, and see in the
              call log what it does. A person’s own key would end with the person.
            </EmptyState>
          )
        }
      />
      {creating && (
        <AccountDialog
          onDone={account => void go(paths.serviceAccount(tenant, account.id))}
          onClose={() => setCreating(false)}
        />
      )}
    </PeopleFrame>
  )
}

const columns = columnsOf<ServiceAccount>()

const accountColumns = (tenant: string) =>
  columns.columns([
    columns.accessor('name', {
      header: 'Service account',
      cell: ({ row: { original } }) => (
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-2">
            <RowLink {...paths.serviceAccount(tenant, original.id)} className="break-words">
              {original.name}
            </RowLink>
            {original.status === 'deactivated' && <Badge tone="warning">Deactivated</Badge>}
          </div>
          <p className="line-clamp-1 max-w-[60ch] break-words text-quiet text-xs">{original.description}</p>
        </div>
      ),
    }),
    columns.accessor('created_at', {
      header: 'Made',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
  ])
