//! What a virtual server asks of people: what each of its members asks. The credentials are theirs, not its own.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { myAccounts, server as serverQuery } from '@/api/queries'
import type { Account, Server } from '@/api/types'
import { RowItem, RowList, RowText, Section, SectionBody } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { ACCOUNT_WORDS } from '@/lib/account-words'
import { pages, paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { promptWords } from './prompts'

export function MemberPrompts() {
  const { tenant, server } = useServer()
  return (
    <Section
      title="What people are asked"
      description="A virtual server has no credential: each member is called with its own. On the way from an IDE one page lists what is missing, and each can be left out."
      actions={
        server.your_role && (
          <Button size="sm" asChild>
            <a href={pages.connect(tenant, server.slug)}>See what it asks of you</a>
          </Button>
        )
      }
    >
      {server.members ? (
        <Members members={server.members} />
      ) : (
        <SectionBody className="text-quiet">
          Its managers see what it is made of. The page above shows what its members ask of you.
        </SectionBody>
      )}
    </Section>
  )
}

function Members({ members }: { members: NonNullable<Server['members']> }) {
  const { tenant, server } = useServer()
  const { data } = useQuery(myAccounts(tenant))
  const accounts = new Map(data?.items.map(account => [account.server_id, account]))
  if (members.length === 0) return <SectionBody className="text-quiet">It has no members.</SectionBody>
  return (
    <RowList label="Members">
      {members.map(({ server_id }) => (
        <RowItem key={server_id}>
          <Member
            id={server_id}
            account={accounts.get(server_id)}
            isMine={data !== undefined && server.your_role !== undefined}
          />
        </RowItem>
      ))}
    </RowList>
  )
}

type MemberProps = { id: string; account: Account | undefined; isMine: boolean }

function Member({ id, account, isMine }: MemberProps) {
  const { tenant } = useServer()
  const { data: member, isPending } = useQuery({ ...serverQuery(tenant, id), retry: false })
  const words = account && ACCOUNT_WORDS[account.state]
  const name = member ? (
    <Link {...paths.serverAuthentication(tenant, id)} className="hover:underline">
      {member.display_name}
    </Link>
  ) : (
    <span className="font-normal text-quiet">{isPending ? '…' : 'A server that is not shared with you'}</span>
  )
  return (
    <>
      <RowText
        title={
          <>
            {name}
            {member?.status === 'disabled' && <Badge tone="warning">Disabled</Badge>}
            {words && <Badge tone={words.tone}>{words.label}</Badge>}
          </>
        }
      >
        {promptWords(member, account, isMine)}
      </RowText>
      {account && words && (
        <Button size="sm" asChild>
          <a href={pages.connect(tenant, account.server_slug)}>{words.action}</a>
        </Button>
      )}
    </>
  )
}
