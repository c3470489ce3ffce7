//! A new limit, and one that exists.

import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { limitRule } from '@/api/queries'
import type { LimitRule } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { useLimitActions } from './actions'
import { LimitForm } from './limit-form'
import { NEW_LIMIT, valuesOf } from './values'

const route = getRouteApi('/$tenant/limits/$limitRule')

const newRoute = getRouteApi('/$tenant/limits/new')

/** `server` in the address: for this one, and back to it. */
export function NewLimitPage() {
  const { tenant } = newRoute.useParams()
  const { server } = newRoute.useSearch()
  const back = server ? paths.serverLimits(tenant, server) : paths.limits(tenant)
  return (
    <Page
      title="New limit"
      description="In force on every node within a second after saving."
      width="narrow"
      back={{ ...back, children: 'Limits' }}
    >
      <LimitForm values={{ ...NEW_LIMIT, servers: server ? [server] : [] }} back={back} />
    </Page>
  )
}

export function LimitPage() {
  const { tenant, limitRule: id } = route.useParams()
  const { data: rule } = useSuspenseQuery(limitRule(tenant, id))
  return (
    <Page
      title={rule.name}
      tab={`${rule.name} · Limits`}
      description="A change applies at once. What is used up stays used up, in proportion."
      width="narrow"
      back={{ ...paths.limits(tenant), children: 'Limits' }}
      actions={<DeleteButton rule={rule} />}
    >
      <LimitForm key={rule.updated_at} id={rule.id} values={valuesOf(rule)} back={paths.limits(tenant)} />
    </Page>
  )
}

function DeleteButton({ rule }: { rule: LimitRule }) {
  const { tenant } = route.useParams()
  const navigate = useNavigate()
  const { remove } = useLimitActions()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button kind="danger-quiet" may={can.manageLimits(useSession())} onClick={() => setOpen(true)}>
        <Trash2 /> Delete
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={`Delete ${rule.name}?`}
        action="Delete the limit"
        consequences={
          <ul>
            <li>What it refuses goes through, on every node, within a second.</li>
            <li>Other limits hold on.</li>
            <li>A new limit of that name begins with full budgets.</li>
          </ul>
        }
        onConfirm={async () => {
          await remove(rule.id)
          toast.done(`${rule.name} is deleted`)
          await navigate(paths.limits(tenant))
        }}
      />
    </>
  )
}
