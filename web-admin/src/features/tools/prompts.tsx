//! The prompts of a server: listed, and filled in.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { MessageSquareText } from 'lucide-react'
import { useMemo } from 'react'
import { offered } from '@/api/queries'
import { EmptyState } from '@/components/page'
import { RowItem, RowList, RowText, Section, SectionBody } from '@/components/section'
import { Card } from '@/components/ui/card'
import { Skeleton } from '@/components/ui/skeleton'
import type { Offered } from '@/lib/mcp'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { RunView } from './answer'
import { ArgumentsForm } from './arguments-form'
import { ListNotice } from './list-notice'
import { promptForm } from './prompt-form'
import { takesWords } from './schema-words'
import { BackToList } from './tool-page'
import { useTry } from './use-try'

const route = getRouteApi('/$tenant/servers/$server/tools')

export function Prompts() {
  const { tenant, server } = useServer()
  const { prompt: name } = route.useSearch()
  const list = useQuery(offered(tenant, server.id, 'prompts'))
  if (list.isPending) return <Skeleton className="h-64 w-full" />
  const prompts = list.data?.items ?? []
  const chosen = prompts.find(prompt => prompt.name === name)
  if (chosen) return <Prompt key={chosen.name} prompt={chosen} />
  return (
    <>
      <ListNotice list={list} what="prompts" />
      {prompts.length > 0 && (
        <Card className="[&>ul]:border-t-0">
          <RowList label="Prompts">
            {prompts.map(prompt => (
              <RowItem key={prompt.name}>
                <PromptRow prompt={prompt} />
              </RowItem>
            ))}
          </RowList>
        </Card>
      )}
      {prompts.length === 0 && list.data && !list.data.refusal && (
        <EmptyState icon={<MessageSquareText />} title="The server has no prompts">
          Prompts are texts with gaps that people pick in their client. This server offers none to you.
        </EmptyState>
      )}
    </>
  )
}

function PromptRow({ prompt }: { prompt: Offered }) {
  const { tenant, server } = useServer()
  return (
    <RowText
      title={
        <Link
          {...paths.tools(tenant, server.id)}
          search={{ part: 'prompts', prompt: prompt.name }}
          className="break-all font-mono text-[0.8125rem] outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
        >
          {prompt.name}
        </Link>
      }
    >
      <p className="line-clamp-2 text-[0.8125rem]">
        {[prompt.title, prompt.description].filter(Boolean).join(': ')}
      </p>
      {takesWords(promptForm(prompt))}
    </RowText>
  )
}

function Prompt({ prompt }: { prompt: Offered }) {
  const form = useMemo(() => promptForm(prompt), [prompt])
  const { run, start, cancel } = useTry()
  return (
    <div>
      <BackToList part="prompts" label="All prompts" />
      <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
        <Section title={prompt.title ?? prompt.name} description={prompt.description}>
          <SectionBody>
            <ArgumentsForm
              form={form}
              action="Get it"
              isRunning={run.state === 'running'}
              onCancel={cancel}
              onRun={value =>
                void start({ method: 'prompts/get', params: { name: prompt.name, arguments: value } })
              }
            />
          </SectionBody>
        </Section>
        <RunView
          run={run}
          idle={
            <EmptyState title="Not asked for yet">
              The messages that a client would hand to its model appear here.
            </EmptyState>
          }
        />
      </div>
    </div>
  )
}
