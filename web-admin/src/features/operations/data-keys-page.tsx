//! The data keys of all tenants, and the key that wraps them.

import { CircleCheck, KeyRound, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { Rewrapped } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { Page } from '@/components/page'
import { Section, SectionBody } from '@/components/section'
import { Button } from '@/components/ui/button'
import { listed } from '@/lib/count'
import { plural } from '@/lib/units'
import { rewrapDataKeys } from './actions'

export function DataKeysPage() {
  const [isAsked, ask] = useState(false)
  const [done, setDone] = useState<Rewrapped>()
  return (
    <Page
      title="Keys"
      description="Every tenant has a data key that seals its secrets. The key-encryption key of this deployment wraps all of them."
      width="narrow"
    >
      <Section
        title="Wrap the data keys anew"
        description="The last step of replacing the key-encryption key: when every replica has the new key, and the one before among its previous ones (previous_kek_files)."
        actions={
          <Button size="sm" onClick={() => ask(true)}>
            <KeyRound /> Wrap anew…
          </Button>
        }
      >
        <div role="status">{done && <Outcome {...done} />}</div>
      </Section>
      <p className="mt-3 px-1 text-[0.8125rem] text-quiet">
        The keys of one tenant, which sign tokens and seal sessions, are on the page of the tenant.
      </p>
      <Confirm
        open={isAsked}
        onOpenChange={ask}
        title="Wrap the data keys anew?"
        action="Wrap anew"
        consequences={
          <ul>
            <li>
              The data key of each tenant is wrapped by the present key-encryption key, one after the other.
            </li>
            <li>Nobody notices: the data keys stay, and all that they sealed. It can be done again.</li>
            <li>
              Replicas that do not have the present key yet can no longer open tenants’ secrets: give it to
              all of them first.
            </li>
          </ul>
        }
        onConfirm={async () => setDone(await rewrapDataKeys())}
      />
    </Page>
  )
}

function Outcome({ kek_id, rewrapped, unchanged, unknown }: Rewrapped) {
  const isWhole = unknown.length === 0
  return (
    <SectionBody>
      <p className="flex gap-2.5">
        {isWhole ? (
          <CircleCheck aria-hidden="true" className="mt-px size-4.5 shrink-0 text-accent" />
        ) : (
          <TriangleAlert aria-hidden="true" className="mt-px size-4.5 shrink-0 text-warning-text" />
        )}
        <span>
          {plural(rewrapped, 'data key')} wrapped by <code className="font-mono text-xs">{kek_id}</code>, and{' '}
          {unchanged} {unchanged === 1 ? 'was' : 'were'} already.{' '}
          {isWhole
            ? 'No other key-encryption key is needed any more, but for backups.'
            : `Wrapped by a key that the control plane was not given: ${listed(unknown)}. Add that key to previous_kek_files, restart, and wrap anew; until then, keep it.`}
        </span>
      </p>
    </SectionBody>
  )
}
