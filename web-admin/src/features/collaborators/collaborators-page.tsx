//! Who may use and who manages a server.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Lock, Users } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { grantList } from '@/api/queries'
import type { Grant } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { DataTable, SearchField } from '@/components/data-table'
import { EmptyState } from '@/components/page'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { ApiError } from '@/lib/problem'
import { useServer } from '@/lib/server'
import { useGrantActions } from './actions'
import { AddDialog } from './add-dialog'
import { grantColumns } from './columns'

const route = getRouteApi('/$tenant/servers/$server/collaborators')

export function CollaboratorsPage() {
  const { tenant, server, may } = useServer()
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useInfiniteQuery(grantList(tenant, server.id, { q }))
  const { put, remove } = useGrantActions()
  const [removed, setRemoved] = useState<Grant>()
  const [isAdding, setIsAdding] = useState(false)
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: { q }, replace: true }),
    [navigate],
  )
  const columns = useMemo(
    () =>
      grantColumns({
        may,
        onRole: (grant, role) => void put(grant.subject, role).catch(toast.failed),
        onRemove: setRemoved,
      }),
    [may, put],
  )
  if (query.error instanceof ApiError && query.error.status === 403) {
    return (
      <EmptyState icon={<Lock />} title="You may not see who else uses it">
        {query.error.message}
      </EmptyState>
    )
  }
  const add = (
    <Button kind="primary" may={may} onClick={() => setIsAdding(true)}>
      Add people
    </Button>
  )
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <SearchField label="Find a collaborator" value={q} onChange={setText} />
        {add}
      </div>
      <DataTable
        noun={['collaborator', 'collaborators']}
        query={query}
        columns={columns}
        rowId={grant => grant.id}
        empty={
          q ? (
            <EmptyState
              title="Nobody of that name"
              action={<Button onClick={() => setText(undefined)}>Show all</Button>}
            >
              No collaborator has “{q}” in their name.
            </EmptyState>
          ) : (
            <EmptyState icon={<Users />} title="Nobody may use it yet" action={add}>
              Give it to a group, a person, a service account, or everyone. Whoever is not here neither sees
              it nor can call it.
            </EmptyState>
          )
        }
      />
      <AddDialog open={isAdding} onOpenChange={setIsAdding} />
      <Confirm
        open={removed !== undefined}
        onOpenChange={() => setRemoved(undefined)}
        title={`Take ${server.display_name} from ${removed?.subject.display_name}?`}
        action="Take it away"
        consequences={
          <p>
            Their calls are refused within a second, unless another grant covers them. The server leaves their
            list.
          </p>
        }
        onConfirm={async () => {
          if (removed) await remove(removed.id)
        }}
      />
    </>
  )
}
