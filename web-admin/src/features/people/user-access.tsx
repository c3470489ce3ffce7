//! What acts for a person right now: their IDEs and other clients, and the browsers in which they are signed in.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { connectionsOf, sessionsOf } from '@/api/queries'
import type { BrowserSession, Connection, User } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { Rows, RowText, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Time } from '@/components/ui/time'
import type { May } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'
import { useUserActions } from './actions'

export function UserConnections({ person, may }: { person: User; may: May }) {
  const tenant = useTenant()
  const query = useInfiniteQuery(connectionsOf(tenant, person.id))
  const { disconnect } = useUserActions(person.id)
  const [asked, setAsked] = useState<Connection>()
  return (
    <Section
      title="Connected clients"
      description="IDEs and other programs that this person let act for them, each for one server."
    >
      <Rows
        label="Connected clients"
        query={query}
        rowId={connection => connection.id}
        empty="No client is connected. One appears here when the person adds a server to their IDE."
      >
        {connection => (
          <>
            <RowText title={connection.client_name}>
              <Link {...paths.server(tenant, connection.server_id)} className="hover:underline">
                {connection.server_name}
              </Link>
              {' · '}used <Time at={connection.last_used_at} /> · goes back to {connection.redirect_host}
            </RowText>
            <Button size="sm" may={may} onClick={() => setAsked(connection)}>
              Disconnect
            </Button>
          </>
        )}
      </Rows>
      {asked && (
        <Confirm
          open
          onOpenChange={() => setAsked(undefined)}
          title={`Disconnect ${asked.client_name} from ${asked.server_name}`}
          consequences={
            <p>
              Its tokens and streams end on every node. {person.display_name} is asked for consent again when
              they connect it anew.
            </p>
          }
          action="Disconnect"
          onConfirm={() => disconnect(asked.id)}
        />
      )}
    </Section>
  )
}

export function UserSessions({ person, may }: { person: User; may: May }) {
  const query = useInfiniteQuery(sessionsOf(useTenant(), person.id))
  const { endSession } = useUserActions(person.id)
  const [asked, setAsked] = useState<BrowserSession>()
  return (
    <Section title="Browsers" description="Where this person is signed in.">
      <Rows
        label="Browsers"
        query={query}
        rowId={session => session.id}
        empty="Nowhere: they sign in anew the next time."
      >
        {session => (
          <>
            <RowText
              title={
                <>
                  <span title={session.user_agent}>{session.browser}</span>
                  {session.current && <Badge tone="good">This one</Badge>}
                </>
              }
            >
              Seen <Time at={session.last_seen_at} /> · signed in <Time at={session.created_at} /> · ends{' '}
              <Time at={session.expires_at} />
            </RowText>
            <Button size="sm" may={may} onClick={() => setAsked(session)}>
              Sign out
            </Button>
          </>
        )}
      </Rows>
      {asked && (
        <Confirm
          open
          onOpenChange={() => setAsked(undefined)}
          title={`Sign ${asked.browser} out`}
          consequences={
            <p>
              {asked.current
                ? 'This is the browser that you use now: you sign in again to go on.'
                : 'They sign in again in this browser.'}{' '}
              Clients that were approved in it go on.
            </p>
          }
          action="Sign out"
          onConfirm={() => endSession(asked.id)}
        />
      )}
    </Section>
  )
}
