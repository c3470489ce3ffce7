//! Suspension, which is undone by a click, and deletion, which by nothing.

import { useState } from 'react'
import type { Tenant } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { RowItem, RowList, RowText, Section } from '@/components/section'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { useTenantActions } from './actions'

export function TenantEnd({ tenant }: { tenant: Tenant }) {
  const [asked, ask] = useState<'suspend' | 'resume' | 'delete'>()
  const isSuspended = tenant.status === 'suspended'
  return (
    <Section title="Out of service">
      <RowList label="Out of service">
        <RowItem>
          <RowText title={isSuspended ? 'Resume' : 'Suspend'}>
            {isSuspended
              ? 'Lets everybody in again, with all that they had.'
              : 'Closes its gateway and its sign-in. Nothing is lost.'}
          </RowText>
          <Button size="sm" onClick={() => ask(isSuspended ? 'resume' : 'suspend')}>
            {isSuspended ? 'Resume…' : 'Suspend…'}
          </Button>
        </RowItem>
        <RowItem>
          <RowText title="Delete">Destroys every secret of it. It cannot be undone.</RowText>
          <Button size="sm" kind="danger-quiet" onClick={() => ask('delete')}>
            Delete…
          </Button>
        </RowItem>
      </RowList>
      <Questions tenant={tenant} asked={asked} onClose={() => ask(undefined)} />
    </Section>
  )
}

type QuestionsProps = {
  tenant: Tenant
  asked: 'suspend' | 'resume' | 'delete' | undefined
  onClose: () => void
}

function Questions({ tenant: { slug, display_name: name }, asked, onClose }: QuestionsProps) {
  const { update, remove } = useTenantActions()
  switch (asked) {
    case undefined:
      return null
    case 'suspend':
      return (
        <Confirm
          open
          onOpenChange={onClose}
          title={`Suspend ${name}?`}
          action="Suspend the tenant"
          consequences={
            <ul>
              <li>Every call to its servers is refused, on every node, as soon as the node knows.</li>
              <li>Nobody of it can sign in, and its console is closed, until it is resumed.</li>
              <li>Nothing is lost: accounts, connections and settings stay.</li>
            </ul>
          }
          onConfirm={async () => {
            await update(slug, { status: 'suspended' })
            toast.done(`${name} is suspended`)
          }}
        />
      )
    case 'resume':
      return (
        <Confirm
          open
          onOpenChange={onClose}
          title={`Resume ${name}?`}
          action="Resume the tenant"
          consequences={
            <p>Its people and programs are let in again, with the tokens that they still have.</p>
          }
          onConfirm={async () => {
            await update(slug, { status: 'active' })
            toast.done(`${name} is active again`)
          }}
        />
      )
    case 'delete':
      return (
        <Confirm
          open
          onOpenChange={onClose}
          title={`Delete ${name}?`}
          action="Delete for ever"
          word={slug}
          consequences={
            <ul>
              <li>Its data key is destroyed, and with it every key, token and account that it sealed.</li>
              <li>Everybody of it is refused, people and programs, on every node.</li>
              <li>Its slug stays taken: no other tenant gets it.</li>
              <li>
                Its audit trail stays. Backups from before hold its secrets as long as you keep them with the
                key-encryption key.
              </li>
            </ul>
          }
          onConfirm={async () => {
            await remove(slug)
            toast.done(`${name} is deleted`)
          }}
        />
      )
  }
}
