//! Which servers somebody reaches, and by which grant.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type GrantOwner, grantsReaching } from '@/api/queries'
import type { ReachingGrant } from '@/api/types'
import { Rows, RowText, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'

type ReachProps = { owner: GrantOwner; name: string }

export function Reach({ owner, name }: ReachProps) {
  const tenant = useTenant()
  const query = useInfiniteQuery(grantsReaching(tenant, owner))
  return (
    <Section
      title="Servers within reach"
      description={`What ${name} may use, and what makes it so. Grants are changed at the server, under Collaborators.`}
    >
      <Rows
        label="Servers within reach"
        query={query}
        rowId={({ grant }) => grant.id}
        empty={`Nothing is granted to ${name}: open a server and add them under Collaborators.`}
      >
        {({ grant, server }) => (
          <RowText
            title={
              <>
                <Link {...paths.server(tenant, server.id)} className="hover:underline">
                  {server.display_name}
                </Link>
                {grant.role === 'manager' && <Badge tone="good">Manager</Badge>}
                {server.status === 'disabled' && <Badge tone="warning">Out of service</Badge>}
              </>
            }
          >
            <span className="font-mono">{server.slug}</span> · <Through grant={grant} />
          </RowText>
        )}
      </Rows>
    </Section>
  )
}

function Through({ grant: { subject } }: { grant: ReachingGrant['grant'] }) {
  const tenant = useTenant()
  if (subject.kind === 'everyone') return 'granted to everyone'
  if (subject.kind !== 'group' || !subject.id) return 'granted directly'
  return (
    <>
      by the group{' '}
      <Link {...paths.group(tenant, subject.id)} className="hover:underline">
        {subject.display_name}
      </Link>
    </>
  )
}
