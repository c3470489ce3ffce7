//! Who is connected, and in what state: what people and service accounts presented to the server. For its managers.

import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { credentialList } from '@/api/queries'
import type { OutboundAuth, UserCredential } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { PartyName } from '@/components/names'
import { Rows, RowText, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { ACCOUNT_WORDS } from '@/lib/account-words'
import { useServer } from '@/lib/server'
import { useCredentialActions } from './actions'
import { StoreDialog } from './store-dialog'

type Form = Extract<OutboundAuth, { kind: 'per_user_header' }>

/** `form`: what the server asks people to type; nothing where the provider asks them. */
export function StoredAccounts({ form }: { form: Form | undefined }) {
  const { tenant, server } = useServer()
  const { removeStored } = useCredentialActions()
  const query = useInfiniteQuery(credentialList(tenant, server.id))
  const [storing, setStoring] = useState(false)
  const [asked, setAsked] = useState<UserCredential>()
  return (
    <Section
      title="Who is connected"
      description="Everybody who presented something of their own, and whether calls can go out with it."
      actions={
        form && (
          <Button size="sm" onClick={() => setStoring(true)}>
            Store for somebody
          </Button>
        )
      }
    >
      <Rows
        label="Connected accounts"
        query={query}
        rowId={credential => credential.id}
        empty="Nobody yet. Each person is asked on the way from their IDE, at the first call."
      >
        {credential => (
          <>
            <RowText title={<Owner credential={credential} />}>
              <About credential={credential} />
            </RowText>
            <Button
              size="sm"
              kind="danger-quiet"
              aria-label={`Remove the account of ${credential.owner.display_name}`}
              onClick={() => setAsked(credential)}
            >
              Remove
            </Button>
          </>
        )}
      </Rows>
      {storing && form && <StoreDialog fields={form.fields} onClose={() => setStoring(false)} />}
      <Confirm
        open={asked !== undefined}
        onOpenChange={() => setAsked(undefined)}
        title={`Remove the account of ${asked?.owner.display_name}?`}
        action="Remove it"
        consequences={
          <ul>
            <li>
              Portway forgets what is stored
              {asked?.kind === 'oauth' && ', and revokes it at the provider where it can'}. Nodes let go of it
              at once.
            </li>
            <li>
              Calls of {asked?.owner.display_name} to {server.display_name} are refused until they connect
              again.
            </li>
          </ul>
        }
        onConfirm={async () => {
          if (!asked) return
          await removeStored(asked.id)
          toast.done(`The account of ${asked.owner.display_name} is removed`)
        }}
      />
    </Section>
  )
}

function Owner({ credential: { owner, state } }: { credential: UserCredential }) {
  const { label, tone } = ACCOUNT_WORDS[state]
  return (
    <>
      {owner.display_name}
      <Badge tone={tone}>{label}</Badge>
      {owner.kind === 'service_account' && <Badge>Service account</Badge>}
      {!owner.active && <Badge tone="warning">Deactivated</Badge>}
    </>
  )
}

function About({ credential }: { credential: UserCredential }) {
  const { owner, state, kind, set_at, set_by, expires_at, refreshed_at } = credential
  return (
    <>
      {owner.user_name && `${owner.user_name} · `}
      {kind === 'oauth' ? 'Approved' : 'Typed'} <Time at={set_at} />
      {set_by && set_by !== owner.id && (
        <>
          {' by '}
          <PartyName id={set_by} />
        </>
      )}
      {refreshed_at && (
        <>
          {' · '}renewed <Time at={refreshed_at} />
        </>
      )}
      {state === 'ready' && expires_at && (
        <>
          {' · '}token until <Time at={expires_at} />
        </>
      )}
      {ACCOUNT_WORDS[state].theirs && <span className="block">{ACCOUNT_WORDS[state].theirs}</span>}
    </>
  )
}
