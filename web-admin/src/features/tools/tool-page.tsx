//! One tool: what it says about itself, a form made of its schema to try it with, and what came of that.

import { Link } from '@tanstack/react-router'
import { ChevronLeft, TriangleAlert } from 'lucide-react'
import { useMemo, useState } from 'react'
import { Confirm } from '@/components/confirm'
import { LinkedText } from '@/components/linked-text'
import { EmptyState } from '@/components/page'
import { Raw } from '@/components/raw'
import { Section, SectionBody } from '@/components/section'
import { hintsOf, type JsonObject, mayDestroy, member, type Offered } from '@/lib/mcp'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { RunView } from './answer'
import { ArgumentsForm } from './arguments-form'
import { HintBadges } from './hint-badges'
import { formOf } from './schema-form'
import { SchemaTable } from './schema-table'
import { useTry } from './use-try'

export function ToolPage({ tool }: { tool: Offered }) {
  const { name, title, description, raw } = tool
  const form = useMemo(() => formOf(member(raw, 'inputSchema')), [raw])
  const { run, start, cancel, ask } = useToolCall(tool)
  return (
    <>
      <BackToList part={undefined} label="All tools" />
      {/* On a phone the answer comes before the schema, which the form has said already. */}
      <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-2 lg:grid-rows-[auto_auto_1fr]">
        <div className="min-w-0 space-y-5">
          <Section
            title={title ?? name}
            description={title !== undefined && <code className="break-all font-mono">{name}</code>}
          >
            <SectionBody className="space-y-3">
              <div className="flex flex-wrap gap-1.5">
                <HintBadges hints={hintsOf(tool)} />
              </div>
              <p className="whitespace-pre-line break-words">
                <LinkedText text={description ?? 'It does not say what it does.'} />
              </p>
            </SectionBody>
          </Section>
          <Section
            title="Try it"
            description="The call goes through the gateway in your name, and is in the call log."
          >
            <SectionBody>
              <ArgumentsForm
                form={form}
                action="Run"
                isRunning={run.state === 'running'}
                onRun={start}
                onCancel={cancel}
                note={mayDestroy(hintsOf(tool)) && <DestroyNote tool={tool} />}
              />
            </SectionBody>
          </Section>
        </div>
        <RunView
          className="lg:row-span-3"
          run={run}
          idle={
            <EmptyState title="Not run yet">
              What the server answers appears here, with the raw exchange.
            </EmptyState>
          }
        />
        <SchemaTable form={form} raw={raw} />
      </div>
      {ask}
    </>
  )
}

/** Runs the tool; one that may destroy something asks before. */
function useToolCall(tool: Offered) {
  const { run, start, cancel } = useTry()
  const [asked, setAsked] = useState<JsonObject>()
  const [isOpen, setIsOpen] = useState(false)
  const call = (value: JsonObject) =>
    start({ method: 'tools/call', params: { name: tool.name, arguments: value } })
  const { destructive } = hintsOf(tool)
  const ask = (
    <Confirm
      open={isOpen}
      onOpenChange={setIsOpen}
      title={`Run ${tool.name}?`}
      action="Run it"
      consequences={
        <>
          <p>
            {destructive
              ? 'The tool says that it may destroy something.'
              : 'The tool does not say that it only reads: it may change or destroy something.'}{' '}
            Nobody can take that back from here. It is called with:
          </p>
          <Raw label="Arguments" text={JSON.stringify(asked, null, 2)} className="max-h-48" />
        </>
      }
      onConfirm={async () => {
        if (asked) void call(asked)
      }}
    />
  )
  return {
    run,
    cancel,
    ask,
    start: (value: JsonObject) => {
      if (!mayDestroy(hintsOf(tool))) return void call(value)
      setAsked(value)
      setIsOpen(true)
    },
  }
}

const DestroyNote = ({ tool }: { tool: Offered }) => (
  <p role="note" className="flex gap-2.5 rounded-lg border border-warning-line/50 bg-warning p-3">
    <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning-text" />
    {hintsOf(tool).destructive
      ? 'This tool says that it may destroy something. You are asked before it runs.'
      : 'This tool does not say that it only reads. You are asked before it runs.'}
  </p>
)

export function BackToList({ part, label }: { part: 'prompts' | 'resources' | undefined; label: string }) {
  const { tenant, server } = useServer()
  return (
    <Link
      {...paths.tools(tenant, server.id)}
      search={{ part }}
      className="mb-3 -ml-1 inline-flex items-center gap-0.5 rounded text-[0.8125rem] text-quiet hover:text-text"
    >
      <ChevronLeft aria-hidden="true" className="size-4" />
      {label}
    </Link>
  )
}
