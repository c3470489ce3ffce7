//! The first run: three steps to a server that works, with what is done already. For those who may register servers.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { grantList, myConnections, presets, usage } from '@/api/queries'
import type { Server } from '@/api/types'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Skeleton } from '@/components/ui/skeleton'
import { cn } from '@/lib/cn'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { firstSteps, isClient, nextStep, type Step } from './first-run-steps'

/** `server`: the only one there is, if there is one. Nothing, once all is done. */
export function FirstRun({ server }: { server: Server | undefined }) {
  const known = useKnown(server)
  if (!known) return server ? null : <Skeleton className="h-80 w-full" />
  const steps = firstSteps(known)
  const next = nextStep(steps)
  if (!next) return null
  return (
    <Card aria-labelledby="first-run" className="overflow-hidden">
      <h2 id="first-run" className="px-5 pt-4 pb-3 font-semibold text-base">
        {server ? 'What is left to do' : 'Three steps to a server that works'}
      </h2>
      <ol className="divide-y divide-line border-t">
        {steps.map((step, at) => (
          <StepRow key={step.id} step={step} number={at + 1} isNext={step === next}>
            {step.id === 'register' && <RegisterActions />}
            {step.id === 'share' && server && <ShareAction server={server} isNext={step === next} />}
            {step.id === 'connect' && server && <ConnectAction server={server} isNext={step === next} />}
          </StepRow>
        ))}
      </ol>
    </Card>
  )
}

function useKnown(server: Server | undefined) {
  const tenant = useTenant()
  const { user } = useSession()
  const grants = useInfiniteQuery({ ...grantList(tenant, server?.id ?? ''), enabled: server !== undefined })
  const connections = useInfiniteQuery(myConnections(tenant))
  const calls = useQuery(usage(tenant, { bucket: 'day', group_by: 'client', range: '30d' }))
  if ((server && grants.isPending) || connections.isPending || calls.isPending) return undefined
  const given = grants.data?.pages.flatMap(page => page.items) ?? []
  const hasConnection = connections.data?.pages.some(page => page.items.length > 0) ?? false
  const isCalled = calls.data?.series.some(({ client }) => isClient(client)) ?? false
  return {
    hasServer: server !== undefined,
    isShared: given.some(({ subject }) => subject.id !== user.id),
    isConnected: hasConnection || isCalled,
  }
}

type StepRowProps = { step: Step; number: number; isNext: boolean; children: ReactNode }

function StepRow({ step: { title, text, isDone }, number, isNext, children }: StepRowProps) {
  return (
    <li
      aria-current={isNext ? 'step' : undefined}
      className={cn('flex gap-4 px-5 py-4', !isNext && !isDone && 'text-quiet')}
    >
      <span
        aria-hidden="true"
        className={cn(
          'grid size-7 shrink-0 place-items-center rounded-full border text-[0.8125rem] [&_svg]:size-4',
          isDone && 'border-transparent bg-accent-soft text-accent',
          isNext && 'border-accent font-medium text-accent',
        )}
      >
        {isDone ? <Check /> : number}
      </span>
      <div className="min-w-0 flex-1">
        <h3 className="font-medium">
          {title}
          {isDone && <span className="font-normal text-quiet"> · done</span>}
        </h3>
        {!isDone && (
          <>
            <p className="max-w-prose text-quiet">{text}</p>
            <div className="mt-3 flex flex-wrap gap-2 empty:hidden">{children}</div>
          </>
        )}
      </div>
    </li>
  )
}

/** Presets that are one click away; the rest is on the next page. */
const PRESETS_SHOWN = 6

function RegisterActions() {
  const tenant = useTenant()
  const { data } = useQuery(presets(tenant))
  return (
    <>
      <Button kind="primary" asChild>
        <Link {...paths.registerServer(tenant)}>Paste a URL</Link>
      </Button>
      {data?.items.slice(0, PRESETS_SHOWN).map(({ slug, display_name }) => (
        <Button key={slug} asChild>
          <Link {...paths.registerServer(tenant)} search={{ preset: slug }}>
            {display_name}
          </Link>
        </Button>
      ))}
    </>
  )
}

type ActionProps = { server: Server; isNext: boolean }

const ShareAction = ({ server, isNext }: ActionProps) => (
  <Button kind={isNext ? 'primary' : 'secondary'} asChild>
    <Link {...paths.collaborators(useTenant(), server.id)}>Add people to {server.display_name}</Link>
  </Button>
)

const ConnectAction = ({ server, isNext }: ActionProps) => (
  <Button kind={isNext ? 'primary' : 'secondary'} asChild>
    <Link {...paths.howToUse(useTenant(), server.id)}>Add to Client</Link>
  </Button>
)
