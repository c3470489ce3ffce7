//! What a person is here, and why: a role is given by hand, or by a group.

import { useQuery } from '@tanstack/react-query'
import { groupsOf } from '@/api/queries'
import type { User } from '@/api/types'
import { Fact, Facts, Section } from '@/components/section'
import { Button } from '@/components/ui/button'
import { CopyCode } from '@/components/ui/copy'
import { Time } from '@/components/ui/time'
import type { May } from '@/lib/can'
import { listed } from '@/lib/count'
import { useTenant } from '@/lib/session'
import { RoleBadge } from './users-page'
import { ROLE_WORDS, SOURCE_WORDS } from './words'

type UserFactsProps = { person: User; mayChangeRole: May; onChangeRole: () => void }

export function UserFacts({ person, mayChangeRole, onChangeRole }: UserFactsProps) {
  const { role, user_name, source, created_at, deactivated_at, id } = person
  return (
    <Section
      title="Role"
      description={ROLE_WORDS[role].may}
      actions={
        <Button size="sm" may={mayChangeRole} onClick={onChangeRole}>
          Change
        </Button>
      }
    >
      <Facts>
        <Fact name="Role">
          <RoleBadge user={person} />
          <RoleReason person={person} />
        </Fact>
        <Fact name="User name">
          <span className="break-all">{user_name}</span>
        </Fact>
        <Fact name="Came by">
          {SOURCE_WORDS[source].label}
          <span className="block text-quiet text-xs">{SOURCE_WORDS[source].what}</span>
        </Fact>
        <Fact name="Here since">
          <Time at={created_at} />
        </Fact>
        {deactivated_at && (
          <Fact name="Deactivated">
            <Time at={deactivated_at} />
          </Fact>
        )}
        <Fact name="Id">
          <CopyCode text={id} label="Copy the id" />
        </Fact>
      </Facts>
    </Section>
  )
}

/** Said only where it is not simply the role that somebody gave. */
function RoleReason({ person }: { person: User }) {
  const tenant = useTenant()
  const { data } = useQuery(groupsOf(tenant, person.id))
  if (person.role === person.assigned_role) return null
  const groups = (data?.items ?? []).filter(group => group.tenant_role === person.role)
  return (
    <span className="mt-0.5 block text-quiet text-xs">
      {`${groups.length > 0 ? `By the group ${listed(groups.map(group => group.display_name))}` : 'By a group'}; `}
      by hand it is {ROLE_WORDS[person.assigned_role].label.toLowerCase()}.
    </span>
  )
}
