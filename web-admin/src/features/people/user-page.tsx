//! One person: what they are here, what they are signed in with, and how they are let go.

import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { user } from '@/api/queries'
import { Page } from '@/components/page'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { ApiKeys } from './api-keys'
import { Reach } from './reach'
import { UserConnections, UserSessions } from './user-access'
import { UserFacts } from './user-facts'
import { UserGroups } from './user-groups'
import { type UserQuestion, UserQuestions } from './user-questions'
import { UserSignIn } from './user-sign-in'
import { both, ownedHere } from './words'

const route = getRouteApi('/$tenant/people/users/$user')

export function UserPage() {
  const { tenant, user: id } = route.useParams()
  const { data: person } = useSuspenseQuery(user(tenant, id))
  const session = useSession()
  const [asked, ask] = useState<UserQuestion>()
  const may = can.changePerson(session, person)
  const isActive = person.status === 'active'
  const isMe = session.user.id === person.id
  return (
    <Page
      title={person.display_name}
      back={{ ...paths.people(tenant), children: 'Users' }}
      description={person.email || person.user_name}
      aside={
        <>
          {isMe && <Badge>You</Badge>}
          {!isActive && <Badge tone="warning">Deactivated</Badge>}
        </>
      }
      actions={
        <>
          <Button may={may} onClick={() => ask('signOut')}>
            Sign out everywhere
          </Button>
          <Menu
            trigger={
              <Button size="icon" className="size-9" aria-label={`Actions for ${person.display_name}`}>
                <Ellipsis />
              </Button>
            }
          >
            <MenuItem
              may={both(isMe ? { yes: true } : may, ownedHere(person))}
              onSelect={() => ask('rename')}
            >
              Change the name…
            </MenuItem>
            <MenuItem may={may} onSelect={() => ask('role')}>
              Change the role…
            </MenuItem>
            {person.source === 'scim' ? (
              <MenuItem may={can.manageProvisioning(session)} onSelect={() => ask('takeBack')}>
                Take back from SCIM…
              </MenuItem>
            ) : (
              <MenuItem may={both(may, can.manageProvisioning(session))} onSelect={() => ask('handOver')}>
                Hand over to SCIM…
              </MenuItem>
            )}
            <MenuLine />
            {isActive ? (
              <MenuItem danger may={both(may, ownedHere(person))} onSelect={() => ask('deactivate')}>
                Deactivate…
              </MenuItem>
            ) : (
              <MenuItem may={both(may, ownedHere(person))} onSelect={() => ask('reactivate')}>
                Reactivate…
              </MenuItem>
            )}
          </Menu>
        </>
      }
    >
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="grid gap-4 lg:order-last">
          <UserFacts person={person} onChangeRole={() => ask('role')} mayChangeRole={may} />
          <UserSignIn person={person} onResetFactor={() => ask('resetFactor')} />
        </div>
        <div className="grid gap-4">
          <UserGroups person={person} />
          <Reach owner={{ user: person.id }} name={person.display_name} />
          <UserConnections person={person} may={may} />
          <ApiKeys
            owner={{ user: person.id }}
            whose={person.display_name}
            mayRevoke={isMe ? { yes: true } : can.revokeAnyKey(session)}
          />
          <UserSessions person={person} may={may} />
        </div>
      </div>
      <UserQuestions person={person} asked={asked} onClose={() => ask(undefined)} />
    </Page>
  )
}
