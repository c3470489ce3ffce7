//! The tenants of the deployment: organisations that share nothing with each other.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Building2, Plus } from 'lucide-react'
import { useCallback, useState } from 'react'
import { tenantList } from '@/api/queries'
import type { Tenant } from '@/api/types'
import { columnsOf, DataTable, RowLink, SearchField } from '@/components/data-table'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { QuietTime } from '@/components/ui/time'
import { operations } from '@/lib/paths'
import { NewTenantFlow } from './new-tenant'
import { TenantBadge } from './tenant-words'

const route = getRouteApi('/system/tenants/')

export function TenantsPage() {
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useInfiniteQuery(tenantList({ q }))
  const [isCreating, setCreating] = useState(false)
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: { q }, replace: true }),
    [navigate],
  )
  const create = (
    <Button kind="primary" onClick={() => setCreating(true)}>
      <Plus /> Create a tenant
    </Button>
  )
  return (
    <Page
      title="Tenants"
      description="The organisations of this deployment. They share nothing with each other."
      actions={create}
    >
      <div className="mb-4">
        <SearchField label="Find a tenant" value={q} onChange={setText} />
      </div>
      <DataTable
        noun={['tenant', 'tenants']}
        query={query}
        columns={COLUMNS}
        rowId={tenant => tenant.id}
        empty={
          q ? (
            <EmptyState
              title="No tenant of that name"
              action={<Button onClick={() => setText(undefined)}>Show all tenants</Button>}
            >
              None has “{q}” in its name or its slug.
            </EmptyState>
          ) : (
            <EmptyState icon={<Building2 />} title="Create the first tenant" action={create}>
              A tenant is an organisation with its own people, servers, sign-in and keys. Its first owner
              comes by a link that works once.
            </EmptyState>
          )
        }
      />
      {isCreating && <NewTenantFlow onClose={() => setCreating(false)} />}
    </Page>
  )
}

const columns = columnsOf<Tenant>()

const COLUMNS = columns.columns([
  columns.accessor('display_name', {
    header: 'Tenant',
    cell: ({ row: { original } }) => (
      <div className="min-w-0">
        <div className="flex items-center gap-2">
          <RowLink {...operations.tenant(original.slug)} className="truncate">
            {original.display_name}
          </RowLink>
          <span className="md:hidden">
            <TenantBadge status={original.status} />
          </span>
        </div>
        <p className="truncate font-mono text-quiet text-xs">{original.slug}</p>
      </div>
    ),
  }),
  columns.accessor('status', {
    header: 'Status',
    meta: { className: 'max-md:hidden w-32' },
    cell: info => <TenantBadge status={info.getValue()} />,
  }),
  columns.accessor('pool', {
    header: 'Pool',
    meta: { className: 'max-md:hidden w-36' },
    cell: info => <span className="text-quiet">{info.getValue()}</span>,
  }),
  columns.accessor('region', {
    header: 'Region',
    meta: { className: 'max-lg:hidden w-36' },
    cell: info => <span className="text-quiet">{info.getValue()}</span>,
  }),
  columns.accessor('created_at', {
    header: 'Created',
    meta: { className: 'max-md:hidden w-36' },
    cell: info => <QuietTime at={info.getValue()} />,
  }),
])
