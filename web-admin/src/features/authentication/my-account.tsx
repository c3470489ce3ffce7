//! What the server wants of the reader themselves, and how they stand with it.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { myAccounts } from '@/api/queries'
import type { Account } from '@/api/types'
import { DisconnectAccount } from '@/components/disconnect-account'
import { Section, SectionBody } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Time } from '@/components/ui/time'
import { ACCOUNT_WORDS } from '@/lib/account-words'
import { pages } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { useCredentialActions } from './actions'

/** Nothing where nothing is asked. */
export function MyAccount() {
  const { tenant, server } = useServer()
  const { data } = useQuery(myAccounts(tenant))
  const account = data?.items.find(({ server_id }) => server_id === server.id)
  return account ? <Shown account={account} /> : null
}

function Shown({ account }: { account: Account }) {
  const { tenant, server } = useServer()
  const { removeStored } = useCredentialActions()
  const [asking, setAsking] = useState(false)
  const { label, tone, todo, action } = ACCOUNT_WORDS[account.state]
  const { credential_id } = account
  return (
    <Section
      title="Your account"
      description={
        account.fields.length > 0
          ? 'A key of your own, typed once on a page of Portway’s.'
          : 'Your approval at the provider, given once.'
      }
      actions={
        <>
          <Button size="sm" kind={account.state === 'ready' ? 'secondary' : 'primary'} asChild>
            <a href={pages.connect(tenant, account.server_slug)}>{action}</a>
          </Button>
          {credential_id && (
            <Button size="sm" kind="danger-quiet" onClick={() => setAsking(true)}>
              Disconnect
            </Button>
          )}
        </>
      }
    >
      <SectionBody className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge tone={tone}>{label}</Badge>
        <span className="text-quiet">
          {todo || (
            <>
              {account.set_at && (
                <>
                  Connected <Time at={account.set_at} />
                </>
              )}
              {account.expires_at && (
                <>
                  , token until <Time at={account.expires_at} />
                </>
              )}
            </>
          )}
        </span>
      </SectionBody>
      {credential_id && (
        <DisconnectAccount
          open={asking}
          onOpenChange={setAsking}
          name={server.display_name}
          onDisconnect={() => removeStored(credential_id)}
        />
      )}
    </Section>
  )
}
