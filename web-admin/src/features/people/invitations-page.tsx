//! Who was invited, and what became of it.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Ellipsis, MailPlus } from 'lucide-react'
import { useMemo, useState } from 'react'
import { invitationList } from '@/api/queries'
import type { Invitation, Session } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { columnsOf, DataTable } from '@/components/data-table'
import { EmptyState } from '@/components/page'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem } from '@/components/ui/menu'
import { QuietTime, Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { useSession } from '@/lib/session'
import { useInvitationActions } from './actions'
import { FreshLink, InviteFlow } from './invite'
import { PeopleFrame } from './people-frame'
import { deliveryWords, INVITATION_WORDS, ROLE_WORDS } from './words'

const route = getRouteApi('/$tenant/people/invitations')

type Asked =
  | { what: 'invite' }
  | { what: 'renew' | 'revoke'; invitation: Invitation }
  | { what: 'link'; invitation: Invitation; link: string }

export function InvitationsPage() {
  const { tenant } = route.useParams()
  const session = useSession()
  const query = useInfiniteQuery({ ...invitationList(tenant), enabled: can.readPeople(session).yes })
  const [asked, setAsked] = useState<Asked>()
  const columns = useMemo(() => invitationColumns(session, setAsked), [session])
  const invite = (
    <Button kind="primary" may={can.managePeople(session)} onClick={() => setAsked({ what: 'invite' })}>
      <MailPlus />
      Invite somebody
    </Button>
  )
  return (
    <PeopleFrame
      tab="Invitations"
      description="Links that let one person in, once. They work in every mode of provisioning."
      actions={invite}
    >
      <DataTable
        noun={['invitation', 'invitations']}
        query={query}
        columns={columns}
        rowId={invitation => invitation.id}
        empty={
          <EmptyState icon={<MailPlus />} title="Nobody is invited" action={invite}>
            Invite people one by one: each gets a link that works once, for a week. Where many come, let your
            identity provider bring them.
          </EmptyState>
        }
      />
      <Questions asked={asked} ask={setAsked} />
    </PeopleFrame>
  )
}

function Questions({ asked, ask }: { asked: Asked | undefined; ask: (next: Asked | undefined) => void }) {
  const { invite, revoke } = useInvitationActions()
  const close = () => ask(undefined)
  if (!asked) return null
  if (asked.what === 'invite') return <InviteFlow onClose={close} />
  if (asked.what === 'link') return <FreshLink {...asked} onClose={close} />
  const { email, role, id, delivery } = asked.invitation
  const renew = async () => {
    const way = delivery.state === 'by_hand' ? 'by_hand' : 'mail'
    const { invitation, link } = await invite({ email, role, delivery: way })
    // After the question has closed itself.
    setTimeout(() => (link ? ask({ what: 'link', invitation, link }) : toast.done(`Sent anew to ${email}`)))
  }
  if (asked.what === 'renew') {
    return (
      <Confirm
        open
        onOpenChange={close}
        title={`A new link for ${email}`}
        consequences={
          <p>
            The link that they have, if any, ends now. The new one works once, for a week, with the same role.
          </p>
        }
        action={delivery.state === 'by_hand' ? 'Make a new link' : 'Mail a new link'}
        onConfirm={renew}
      />
    )
  }
  return (
    <Confirm
      open
      onOpenChange={close}
      title={`Revoke the invitation of ${email}`}
      consequences={<p>The link stops working at once. You may invite {email} again later.</p>}
      action="Revoke the invitation"
      onConfirm={() => revoke(id)}
    />
  )
}

const columns = columnsOf<Invitation>()

const invitationColumns = (session: Session, ask: (asked: Asked) => void) =>
  columns.columns([
    columns.accessor('email', {
      header: 'Person',
      cell: ({ row: { original } }) => (
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-2">
            <span className="break-all font-medium">{original.email}</span>
            <span className="md:hidden">
              <StatusBadge invitation={original} />
            </span>
          </div>
          <p className="text-quiet text-xs">
            {ROLE_WORDS[original.role].label} · {deliveryWords(original.delivery)}
          </p>
        </div>
      ),
    }),
    columns.accessor('status', {
      header: 'Status',
      meta: { className: 'max-md:hidden w-32' },
      cell: ({ row: { original } }) => <StatusBadge invitation={original} />,
    }),
    columns.accessor('created_at', {
      header: 'Invited',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
    columns.display({
      id: 'expires',
      header: 'Link ends',
      meta: { className: 'max-md:hidden w-36' },
      cell: ({ row: { original } }) => (
        <span className="text-quiet">
          {original.status === 'pending' ? <Time at={original.expires_at} /> : '—'}
        </span>
      ),
    }),
    columns.display({
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      meta: { className: 'w-14 text-right' },
      cell: ({ row: { original } }) => <InvitationMenu invitation={original} session={session} ask={ask} />,
    }),
  ])

const StatusBadge = ({ invitation: { status } }: { invitation: Invitation }) => (
  <Badge tone={INVITATION_WORDS[status].tone}>{INVITATION_WORDS[status].label}</Badge>
)

type InvitationMenuProps = { invitation: Invitation; session: Session; ask: (asked: Asked) => void }

function InvitationMenu({ invitation, session, ask }: InvitationMenuProps) {
  const may = invitation.role === 'owner' ? can.manageOwners(session) : can.managePeople(session)
  const isAccepted = invitation.status === 'accepted'
  const renew = isAccepted ? { yes: false as const, why: 'They are here already.' } : may
  const isOpen = invitation.status === 'pending'
  return (
    <Menu
      trigger={
        <Button kind="quiet" size="icon" aria-label={`Actions for the invitation of ${invitation.email}`}>
          <Ellipsis />
        </Button>
      }
    >
      <MenuItem may={renew} onSelect={() => ask({ what: 'renew', invitation })}>
        Make a new link…
      </MenuItem>
      <MenuItem
        danger
        may={isOpen ? may : { yes: false, why: 'It is not open any more.' }}
        onSelect={() => ask({ what: 'revoke', invitation })}
      >
        Revoke…
      </MenuItem>
    </Menu>
  )
}
