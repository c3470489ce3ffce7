//! The limits that hold at one server: those that name it, and those that hold everywhere.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Gauge, Plus } from 'lucide-react'
import type { ReactNode } from 'react'
import { allLimitRules } from '@/api/queries'
import type { LimitRule } from '@/api/types'
import { EmptyState } from '@/components/page'
import { ProblemPanel } from '@/components/problem'
import { RowItem, RowList, RowsSkeleton, RowText, Section, SectionBody } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { useSession } from '@/lib/session'
import { Sentence } from './columns'
import { limitsOf } from './of-server'

export function ServerLimits() {
  const mayRead = can.readLimits(useSession())
  if (mayRead.yes) return <Limits />
  return (
    <EmptyState icon={<Gauge />} title="Limits are not yours to see">
      {mayRead.why} When one of them refuses a call of yours, the answer has its name and when to try again.
    </EmptyState>
  )
}

function Limits() {
  const { tenant, server } = useServer()
  const query = useQuery(allLimitRules(tenant))
  if (query.isError) return <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />
  const { own, all } = limitsOf(query.data?.items ?? [], server.id)
  return (
    <div className="grid max-w-4xl gap-5">
      <Section
        title={`At ${server.display_name}`}
        description={
          server.kind === 'virtual'
            ? 'Limits that name this server. Those of its members hold for calls through it, too.'
            : 'Limits that name this server. They hold for calls through virtual servers, too.'
        }
        actions={<AddButton />}
      >
        <Rules
          label={`Limits at ${server.display_name}`}
          rules={query.data && own}
          empty="None names it. An agent in a loop can call it thousands of times; 60 per minute for each caller stops that, and people do not notice it."
        />
      </Section>
      <Section
        title="Everywhere"
        description="Limits that name no server hold at each. A call needs room in all of them."
      >
        <Rules label="Limits everywhere" rules={query.data && all} empty="There is no such limit." />
      </Section>
    </div>
  )
}

function AddButton() {
  const { tenant, server } = useServer()
  return (
    <Button size="sm" asChild may={can.manageLimits(useSession())}>
      <Link {...paths.newLimit(tenant)} search={{ server: server.id }}>
        <Plus /> Add a limit
      </Link>
    </Button>
  )
}

type RulesProps = { label: string; rules: readonly LimitRule[] | undefined; empty: ReactNode }

function Rules({ label, rules, empty }: RulesProps) {
  const { tenant } = useServer()
  if (!rules) return <RowsSkeleton label={label} />
  if (rules.length === 0) return <SectionBody className="text-quiet">{empty}</SectionBody>
  return (
    <RowList label={label}>
      {rules.map(rule => (
        <RowItem key={rule.id}>
          <RowText
            title={
              <>
                <Link {...paths.limit(tenant, rule.id)} className="hover:underline">
                  {rule.name}
                </Link>
                {rule.mode === 'audit' && <Badge>Only counts</Badge>}
              </>
            }
          >
            <Sentence rule={rule} />
          </RowText>
        </RowItem>
      ))}
    </RowList>
  )
}
