//! The groups that a person is in: what is granted to a group, its members have.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { groupList, groupsOf } from '@/api/queries'
import type { User } from '@/api/types'
import { ChooseDialog } from '@/components/choose'
import { ProblemPanel } from '@/components/problem'
import { RowItem, RowList, RowsSkeleton, RowText, Section, SectionBody } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { can, type May } from '@/lib/can'
import { count } from '@/lib/count'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { useGroupActions } from './actions'
import { both, ROLE_WORDS } from './words'

const OWNED_THERE: May = { yes: false, why: 'The identity provider decides who is in this group.' }

export function UserGroups({ person }: { person: User }) {
  const tenant = useTenant()
  const may = can.manageGroups(useSession())
  const query = useQuery(groupsOf(tenant, person.id))
  const { add, takeOut } = useGroupActions()
  const [adding, setAdding] = useState(false)
  const groups = query.data?.items ?? []
  const isIn = new Set(groups.map(group => group.id))
  return (
    <Section
      title="Groups"
      description="Servers are granted to groups, and to people one by one. A group may give a role, too."
      actions={
        <Button size="sm" may={may} onClick={() => setAdding(true)}>
          <Plus />
          Add to a group
        </Button>
      }
    >
      {query.isPending && <RowsSkeleton label="Groups" />}
      {query.isError && (
        <SectionBody>
          <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />
        </SectionBody>
      )}
      {query.isSuccess && groups.length === 0 && (
        <SectionBody className="text-quiet">{person.display_name} is in no group.</SectionBody>
      )}
      {groups.length > 0 && (
        <RowList label="Groups">
          {groups.map(group => (
            <RowItem key={group.id}>
              <RowText
                title={
                  <>
                    <Link {...paths.group(tenant, group.id)} className="hover:underline">
                      {group.display_name}
                    </Link>
                    {group.source === 'scim' && <Badge>SCIM</Badge>}
                    {group.tenant_role && (
                      <Badge tone="good">Gives {ROLE_WORDS[group.tenant_role].label.toLowerCase()}</Badge>
                    )}
                  </>
                }
              />
              <Button
                kind="quiet"
                size="icon"
                aria-label={`Take out of ${group.display_name}`}
                may={both(may, group.source === 'scim' ? OWNED_THERE : { yes: true })}
                onClick={() =>
                  takeOut(group.id, person.id).then(
                    () => toast.done(`${person.display_name} is not in ${group.display_name} any more`),
                    toast.failed,
                  )
                }
              >
                <X className="text-quiet" />
              </Button>
            </RowItem>
          ))}
        </RowList>
      )}
      {adding && (
        <ChooseDialog
          heading={`Add ${person.display_name} to groups`}
          noun="groups"
          useRows={useGroups}
          rowId={group => group.id}
          title={group => group.display_name}
          note={group => count(group.member_count, 'member')}
          isIn={group => isIn.has(group.id)}
          closed={group =>
            group.source === 'scim' ? 'Its members come from the identity provider' : undefined
          }
          action="Add to"
          onChoose={ids => Promise.all(ids.map(id => add(id, [person.id])))}
          onClose={() => setAdding(false)}
        />
      )}
    </Section>
  )
}

const useGroups = (q: string | undefined) => useInfiniteQuery(groupList(useTenant(), { q }))
