//! What came of a call: the result, or who refused it and why; and below it, what went over the wire.

import { Link } from '@tanstack/react-router'
import { CircleAlert, LoaderCircle } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import type { TryAnswer } from '@/api/types'
import { LinkedText } from '@/components/linked-text'
import { EmptyState } from '@/components/page'
import { ProblemPanel } from '@/components/problem'
import { Raw } from '@/components/raw'
import { Section, SectionBody } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { cn } from '@/lib/cn'
import { type Json, listOf, member, textOf } from '@/lib/mcp'
import { paths } from '@/lib/paths'
import { ApiError } from '@/lib/problem'
import { useServer } from '@/lib/server'
import { took } from '@/lib/units'
import { Content, ResourceContent } from './content'
import { Exchanges } from './exchanges'
import type { Run } from './use-try'

/** `idle`: what stands there before the first call. */
export function RunView({ run, idle, className }: { run: Run; idle: ReactNode; className?: string }) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // On a phone it is below the form.
    if (run.state === 'running') element.current?.scrollIntoView({ block: 'nearest' })
  }, [run.state])
  return (
    <div
      ref={element}
      aria-busy={run.state === 'running'}
      className={cn('min-w-0 scroll-my-16 space-y-5', className)}
    >
      <p role="status" className="sr-only">
        {said(run)}
      </p>
      {run.state === 'idle' && idle}
      {run.state === 'running' && <Waiting />}
      {run.state === 'cancelled' && (
        <EmptyState title="Cancelled">
          The console no longer waits. The call may have reached the server, and done what it does.
        </EmptyState>
      )}
      {run.state === 'failed' && <Failed error={run.error} />}
      {run.state === 'answered' && <AnswerView answer={run.answer} />}
    </div>
  )
}

/** For who does not see the page change. */
function said(run: Run): string {
  switch (run.state) {
    case 'idle':
      return ''
    case 'running':
      return 'Waiting for the server'
    case 'cancelled':
      return 'Cancelled'
    case 'failed':
      return 'The call was not made, or nobody knows what came of it'
    case 'answered':
      return outcome(run.answer, member(run.answer.result, 'isError') === true)
  }
}

const Waiting = () => (
  <div className="flex items-center justify-center gap-2 rounded-xl border border-line border-dashed px-6 py-12 text-quiet">
    <LoaderCircle aria-hidden="true" className="size-4 animate-spin" /> Waiting for the server…
  </div>
)

/** The control plane did not make the call, or nobody knows what came of it. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error instanceof ApiError && error.code === 'forbidden') return <NoAccess />
  const isUnknown = error instanceof ApiError && (error.status === 0 || error.status >= 500)
  return (
    <ProblemPanel error={error} {...(onRetry && { onRetry })}>
      {isUnknown && <p className="text-quiet">The call may have reached the server all the same.</p>}
    </ProblemPanel>
  )
}

/** Whoever sees a server by their role in the organisation may not call it for that. */
export function NoAccess() {
  const { tenant, server, may } = useServer()
  return (
    <EmptyState
      icon={<CircleAlert />}
      title="You have no access to this server yourself"
      action={
        may.yes && (
          <Button kind="primary" asChild>
            <Link {...paths.collaborators(tenant, server.id)}>Give yourself access</Link>
          </Button>
        )
      }
    >
      You see it by your role in the organisation. Calls go out in your name, and so need access like anybody
      else’s.{' '}
      {may.yes
        ? 'As you manage it, you can add yourself under Collaborators.'
        : 'Ask one of its managers: they are named under Collaborators.'}
    </EmptyState>
  )
}

function AnswerView({ answer }: { answer: TryAnswer }) {
  const { result, duration_ms, protocol_version } = answer
  const failed = member(result, 'isError') === true
  const isGood = result !== undefined && !failed
  const about = [took(duration_ms * 1_000), protocol_version && `MCP ${protocol_version}`].filter(Boolean)
  return (
    <>
      <Section
        title="Answer"
        description={about.join(' · ')}
        actions={<Badge tone={isGood ? 'good' : 'alert'}>{outcome(answer, failed)}</Badge>}
      >
        <SectionBody className="space-y-4">
          {result === undefined ? <Refusal answer={answer} /> : <Result result={result as Json} />}
        </SectionBody>
      </Section>
      <Exchanges exchanges={answer.exchanges} />
    </>
  )
}

function outcome({ error, problem }: TryAnswer, failed: boolean): string {
  if (problem) return 'No answer'
  if (error) return `Refused (${error.code})`
  return failed ? 'The tool failed' : 'Answered'
}

/** Refusals of the gateway begin like the rest of a sentence. */
const sentence = (text: string) =>
  /^https?:/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1)

/** Why there is no result. Addresses in it can be followed: they say where an account is connected. */
export function Refusal({ answer: { error, problem } }: { answer: TryAnswer }) {
  return (
    <>
      <p className="break-words">
        <LinkedText text={sentence(error?.message || problem || 'the answer says nothing')} />
      </p>
      {error?.data !== undefined && error.data !== null && (
        <>
          <Links data={error.data} said={error.message} />
          <Raw label="Details of the refusal" text={JSON.stringify(error.data, null, 2)} />
        </>
      )}
    </>
  )
}

/** Addresses that stand in the details only. */
function Links({ data, said }: { data: unknown; said: string }) {
  const found = [textOf(data, 'url'), ...listOf(data, 'elicitations').map(one => textOf(one, 'url'))]
  const urls = new Set(found.filter(url => url !== undefined && !said.includes(url)))
  return [...urls].map(url => (
    <p key={url}>
      <LinkedText text={url ?? ''} />
    </p>
  ))
}

/** Any result: of a tool, a prompt or a resource. */
function Result({ result }: { result: Json }) {
  const structured = member(result, 'structuredContent')
  const contents = listOf(result, 'contents')
  const parts = listOf(result, 'content')
  const messages = listOf(result, 'messages')
  const isKnown = structured !== undefined || contents.length + parts.length + messages.length > 0
  return (
    <>
      {parts.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one answer, which never move
        <Content key={at} part={part} />
      ))}
      {contents.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: likewise
        <ResourceContent key={at} contents={part} />
      ))}
      {messages.map((message, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: likewise
        <div key={at}>
          <p className="mb-1 text-quiet text-xs capitalize">{textOf(message, 'role') ?? 'message'}</p>
          <Content part={member(message, 'content') ?? null} />
        </div>
      ))}
      {structured !== undefined && (
        <div>
          <p className="mb-1 text-quiet text-xs">Structured</p>
          <Raw label="Structured content" text={JSON.stringify(structured, null, 2)} />
        </div>
      )}
      {!isKnown && <Raw label="The result" text={JSON.stringify(result, null, 2)} />}
    </>
  )
}
