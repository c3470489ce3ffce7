//! How a person signs in: accounts at identity providers, and the second factor of a password.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { identitiesOf, identityProviders, secondFactorOf } from '@/api/queries'
import type { User, UserIdentity } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { Fact, Facts, Section } from '@/components/section'
import { Button } from '@/components/ui/button'
import { Skeleton } from '@/components/ui/skeleton'
import { Time } from '@/components/ui/time'
import { can } from '@/lib/can'
import { count } from '@/lib/count'
import { useSession, useTenant } from '@/lib/session'
import { useUserActions } from './actions'

export function UserSignIn({ person, onResetFactor }: { person: User; onResetFactor: () => void }) {
  const tenant = useTenant()
  const session = useSession()
  const identities = useQuery(identitiesOf(tenant, person.id))
  const providers = useQuery(identityProviders(tenant))
  const [asked, setAsked] = useState<UserIdentity>()
  const { unbind } = useUserActions(person.id)
  const labels = new Map(providers.data?.items.map(provider => [provider.id, provider.label]))
  const labelOf = (identity: UserIdentity) => labels.get(identity.identity_provider_id) ?? identity.issuer
  return (
    <Section title="Sign-in" description="The ways in that this person has.">
      <Facts>
        {identities.isPending && (
          <Fact name="Accounts">
            <Skeleton className="my-1 h-3.5 w-24" />
          </Fact>
        )}
        {identities.data?.items.length === 0 && (
          <Fact name="Accounts">
            <span className="text-quiet">Never signed in by an identity provider.</span>
          </Fact>
        )}
        {identities.data?.items.map(identity => (
          <Fact key={identity.id} name={labelOf(identity)}>
            <code className="break-all font-mono text-xs">{identity.subject}</code>
            <span className="block text-quiet text-xs">
              {identity.last_used_at ? (
                <>
                  Used <Time at={identity.last_used_at} />
                </>
              ) : (
                'Not used yet'
              )}
            </span>
            <Button
              size="sm"
              className="mt-1.5 mb-1"
              may={can.manageIdentity(session)}
              onClick={() => setAsked(identity)}
            >
              Unbind
            </Button>
          </Fact>
        ))}
        <SecondFactor person={person} onReset={onResetFactor} />
      </Facts>
      {asked && (
        <Confirm
          open
          onOpenChange={() => setAsked(undefined)}
          title={`Unbind the account at ${labelOf(asked)}`}
          consequences={
            <ul>
              <li>{person.display_name} cannot sign in with it as this person any more.</li>
              <li>Browser sessions and clients that came from it end now.</li>
              <li>Whoever signs in with it next counts as somebody who comes for the first time.</li>
            </ul>
          }
          action="Unbind"
          word={asked.subject}
          onConfirm={() => unbind(asked.id)}
        />
      )}
    </Section>
  )
}

function SecondFactor({ person, onReset }: { person: User; onReset: () => void }) {
  const tenant = useTenant()
  const session = useSession()
  const { data } = useQuery(secondFactorOf(tenant, person.id))
  const may =
    person.id === session.user.id
      ? { yes: false as const, why: 'Your own is changed on your security page.' }
      : can.changePerson(session, person)
  return (
    <Fact name="Second factor">
      {!data && <Skeleton className="my-1 h-3.5 w-24" />}
      {data && !data.enrolled && (
        <span className="text-quiet">
          {data.required ? 'Not yet: asked for at the next sign-in with a password' : 'None'}
        </span>
      )}
      {data?.enrolled && (
        <>
          Set up {data.enrolled_at && <Time at={data.enrolled_at} />}
          <span className="block text-quiet text-xs">
            {count(data.recovery_codes_left, 'recovery code')} left
          </span>
          <Button size="sm" className="mt-1.5 mb-1" may={may} onClick={onReset}>
            Reset
          </Button>
        </>
      )}
    </Fact>
  )
}
