//! Which servers somebody reaches, and by which grants.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import { type GrantOwner, grantsReaching } from '@/api/queries'
import type { ReachingGrant } from '@/api/types'
import { Rows, RowText, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'
import { byServer, type Reached } from './reached'

type ReachProps = { owner: GrantOwner; name: string }

export function Reach({ owner, name }: ReachProps) {
  const query = useInfiniteQuery({ ...grantsReaching(useTenant(), owner), select: byServer })
  return (
    <Section
      title="Servers within reach"
      description={`What ${name} may use, and what makes it so. Grants are changed at the server, under Collaborators.`}
    >
      <Rows
        label="Servers within reach"
        query={query}
        rowId={({ server }) => server.id}
        atFirst={8}
        empty={`Nothing is granted to ${name}: open a server and add them under Collaborators.`}
      >
        {reached => <ReachedServer {...reached} />}
      </Rows>
    </Section>
  )
}

function ReachedServer({ server, grants }: Reached) {
  const tenant = useTenant()
  return (
    <RowText
      title={
        <>
          <Link {...paths.server(tenant, server.id)} className="hover:underline">
            {server.display_name}
          </Link>
          {grants.some(grant => grant.role === 'manager') && <Badge tone="good">Manager</Badge>}
          {server.status === 'disabled' && <Badge tone="warning">Disabled</Badge>}
        </>
      }
    >
      <span className="font-mono">{server.slug}</span>
      {grants.map(grant => (
        <Fragment key={grant.id}>
          {' · '}
          <Through grant={grant} />
          {grants.length > 1 && grant.role === 'manager' && ', as a manager'}
        </Fragment>
      ))}
    </RowText>
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
