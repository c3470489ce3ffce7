//! The keys of a tenant, replaced at once: for the case that one leaked. They are replaced by themselves as they grow old.

import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { Rotation, Tenant } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { RowItem, RowList, RowText, Section } from '@/components/section'
import { Button } from '@/components/ui/button'
import { useTenantActions } from './actions'

type Kind = 'signing' | 'session'

const KINDS: Record<Kind, { title: string; what: string; consequence: string }> = {
  signing: {
    title: 'Signing key',
    what: 'Signs access tokens.',
    consequence: 'Tokens that the old key signed stay good until they expire. Nobody has to sign in again.',
  },
  session: {
    title: 'Session key',
    what: 'Seals the ids of sessions with servers.',
    consequence: 'Sessions that the old key sealed go on until they end.',
  },
}

export function TenantKeys({ tenant }: { tenant: Tenant }) {
  const { rotateKeys } = useTenantActions()
  const [asked, ask] = useState<Kind>()
  const [done, setDone] = useState<Partial<Record<Kind, boolean>>>({})
  const rotate = async (kind: Kind) => {
    const { items } = await rotateKeys(tenant.slug, [kind])
    setDone(before => ({ ...before, ...outcomes(items) }))
  }
  return (
    <Section
      title="Keys"
      description="They are replaced by themselves as they grow old. Replace one now if it may have leaked."
    >
      <RowList label="Keys">
        {(Object.keys(KINDS) as Kind[]).map(kind => (
          <RowItem key={kind}>
            <RowText title={KINDS[kind].title}>
              {KINDS[kind].what}
              <Outcome isRotated={done[kind]} />
            </RowText>
            <Button size="sm" onClick={() => ask(kind)}>
              Replace…
            </Button>
          </RowItem>
        ))}
      </RowList>
      {asked && (
        <Confirm
          open
          onOpenChange={() => ask(undefined)}
          title={`Replace the ${KINDS[asked].title.toLowerCase()} of ${tenant.display_name}?`}
          action="Replace the key"
          consequences={
            <ul>
              <li>A new key is made, and told to every node. It begins to work when all of them have it.</li>
              <li>{KINDS[asked].consequence}</li>
            </ul>
          }
          onConfirm={() => rotate(asked)}
        />
      )}
    </Section>
  )
}

const outcomes = (items: Rotation['items']) =>
  Object.fromEntries(items.map(({ key, rotated }) => [key, rotated])) as Partial<Record<Kind, boolean>>

/** What became of it: published is not yet in force. */
function Outcome({ isRotated }: { isRotated: boolean | undefined }) {
  return (
    <span role="status" className="block">
      {isRotated === true && (
        <span className="mt-1 flex items-start gap-1.5 text-accent">
          <CircleCheck aria-hidden="true" className="mt-px size-3.5 shrink-0" />
          Replaced: the new key is in force.
        </span>
      )}
      {isRotated === false && (
        <span className="mt-1 flex items-start gap-1.5 text-warning-text">
          <TriangleAlert aria-hidden="true" className="mt-px size-3.5 shrink-0" />
          Not yet in force: a node has not acknowledged the new key, so the old one still works. Replace it
          again, or wait: it comes within the hour. Nodes shows which one is behind.
        </span>
      )}
    </span>
  )
}
