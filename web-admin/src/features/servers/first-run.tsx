//! The first run: three steps to a server that works, with what is done already. For those who may register servers.

import { type InfiniteData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { grantList, myConnections, presets, usage } from '@/api/queries'
import type { Server } from '@/api/types'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { cn } from '@/lib/cn'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { firstSteps, isClient, isNew, nextStep, type Step } from './first-run-steps'

/** `server`: the only one there is, if there is one. Nothing, once all is done and no news any more. */
export function FirstRun({ server }: { server: Server | undefined }) {
  const known = useKnown(server)
  if (!known) return null
  const steps = firstSteps(known)
  const next = nextStep(steps)
  if (!next && !(server && isNew(server.created_at, Date.now()))) return null
  return (
    <Card aria-labelledby="first-run" className="overflow-hidden">
      <h2 id="first-run" className="px-5 pt-4 pb-3 font-semibold text-base">
        {titleOf(server, next)}
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
      {server && !next && <AllDone server={server} />}
    </Card>
  )
}

function titleOf(server: Server | undefined, next: Step | undefined): string {
  if (!server) return 'Three steps to a server that works'
  return next ? 'What is left to do' : `${server.display_name} works`
}

function AllDone({ server }: { server: Server }) {
  const tenant = useTenant()
  return (
    <div role="status" className="border-t px-5 py-4">
      <p className="max-w-prose text-quiet">
        All three steps are done. Each call is in the activity: who made it, with which client, and what came
        of it.
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button kind="primary" asChild>
          <Link {...paths.serverCalls(tenant, server.id)}>See its calls</Link>
        </Button>
        <Button asChild>
          <Link {...paths.registerServer(tenant)}>Register the next server</Link>
        </Button>
      </div>
    </div>
  )
}

/** While somebody is at their client, its step is done without their doing anything here. */
const ASK_AGAIN_MS = 5_000

function useKnown(server: Server | undefined) {
  const tenant = useTenant()
  const { user } = useSession()
  const enabled = server !== undefined
  const grants = useInfiniteQuery({ ...grantList(tenant, server?.id ?? ''), enabled })
  const connections = useInfiniteQuery({
    ...myConnections(tenant),
    enabled,
    refetchOnMount: 'always',
    refetchInterval: ({ state }) => !isAny(state.data) && ASK_AGAIN_MS,
  })
  const calls = useQuery({
    ...usage(tenant, { bucket: 'day', group_by: 'client', range: '30d' }),
    enabled,
    refetchInterval: () => !isAny(connections.data) && ASK_AGAIN_MS,
  })
  if (!enabled) return { hasServer: false, isShared: false, isConnected: false }
  if (grants.isPending || connections.isPending || calls.isPending) return undefined
  const given = grants.data?.pages.flatMap(page => page.items) ?? []
  const isCalled = calls.data?.series.some(({ client }) => isClient(client)) ?? false
  return {
    hasServer: true,
    isShared: given.some(({ subject }) => subject.id !== user.id),
    isConnected: isAny(connections.data) || isCalled,
  }
}

const isAny = (data: InfiniteData<{ items: unknown[] }> | undefined): boolean =>
  data?.pages.some(page => page.items.length > 0) ?? false

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
