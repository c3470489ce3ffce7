//! The API keys of a person or of a service account: what they reach, until when, and their end.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { apiKeysOf, type KeyOwner } from '@/api/queries'
import type { ApiKey } from '@/api/types'
import { KeyMenu } from '@/components/key-menu'
import { type KeyAsked, KeyQuestions } from '@/components/key-questions'
import { Rows, RowText, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Time } from '@/components/ui/time'
import type { May } from '@/lib/can'
import { count } from '@/lib/count'
import { useTenant } from '@/lib/session'

type ApiKeysProps = {
  owner: KeyOwner
  /** Whose they are, in a sentence. */
  whose: string
  /** Whether keys are made and replaced here; other people's are theirs to make. */
  mayMake?: May
  mayRevoke: May
}

export function ApiKeys({ owner, whose, mayMake, mayRevoke }: ApiKeysProps) {
  const tenant = useTenant()
  const [ended, setEnded] = useState(false)
  const query = useInfiniteQuery(apiKeysOf(tenant, owner, ended ? undefined : 'active'))
  const [asked, setAsked] = useState<KeyAsked>()
  return (
    <Section
      title="API keys"
      description="For programs that cannot sign in: each acts as its owner, without a browser."
      actions={
        <>
          <Button kind="quiet" size="sm" aria-pressed={ended} onClick={() => setEnded(!ended)}>
            {ended ? 'Hide ended ones' : 'Show ended ones'}
          </Button>
          {mayMake && (
            <Button size="sm" may={mayMake} onClick={() => setAsked({ what: 'create' })}>
              <Plus />
              Create a key
            </Button>
          )}
        </>
      }
    >
      <Rows
        label="API keys"
        query={query}
        rowId={key => key.id}
        empty={ended ? `${whose} never had a key.` : `${whose} has no key that works.`}
      >
        {key => (
          <>
            <RowText title={<KeyTitle apiKey={key} />}>
              <KeyFacts apiKey={key} />
            </RowText>
            <KeyMenu
              apiKey={key}
              ask={setAsked}
              {...(mayMake && { mayReplace: mayMake })}
              mayRevoke={mayRevoke}
            />
          </>
        )}
      </Rows>
      <KeyQuestions
        asked={asked}
        ask={setAsked}
        {...('service_account' in owner && { account: owner.service_account })}
      />
    </Section>
  )
}

const KeyTitle = ({ apiKey: { name, status, successor_id } }: { apiKey: ApiKey }) => (
  <>
    <span className={status === 'active' ? undefined : 'text-quiet line-through'}>{name}</span>
    {status !== 'active' && <Badge>{status === 'expired' ? 'Expired' : 'Revoked'}</Badge>}
    {status === 'active' && successor_id && <Badge tone="warning">Being replaced</Badge>}
  </>
)

function KeyFacts({ apiKey: key }: { apiKey: ApiKey }) {
  const { expires_at, last_used_at, server_ids, revoked_at, status } = key
  return (
    <>
      {server_ids ? count(server_ids.length, 'server') : 'All servers'}
      {' · '}
      {last_used_at ? (
        <>
          used <Time at={last_used_at} />
        </>
      ) : (
        'never used'
      )}
      {' · '}
      {status === 'revoked' && revoked_at ? (
        <>
          revoked <Time at={revoked_at} />
        </>
      ) : expires_at ? (
        <>
          {status === 'expired' ? 'ended' : 'ends'} <Time at={expires_at} />
        </>
      ) : (
        'never ends'
      )}
    </>
  )
}
