//! The resources of a server and its templates for them: listed, and read.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { FileText } from 'lucide-react'
import { useId, useState } from 'react'
import { offered } from '@/api/queries'
import { Frame } from '@/components/form'
import { EmptyState } from '@/components/page'
import { RowItem, RowList, RowText, Section, SectionBody } from '@/components/section'
import { Button } from '@/components/ui/button'
import { Input } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'
import { type Offered, textOf } from '@/lib/mcp'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { RunView } from './answer'
import { ListNotice } from './list-notice'
import { BackToList } from './tool-page'
import { useTry } from './use-try'

const route = getRouteApi('/$tenant/servers/$server/tools')

export function Resources() {
  const { tenant, server } = useServer()
  const { resource } = route.useSearch()
  const list = useQuery(offered(tenant, server.id, 'resources'))
  const templates = useQuery(offered(tenant, server.id, 'resource_templates'))
  if (resource !== undefined) return <Resource key={resource} uri={resource} />
  if (list.isPending || templates.isPending) return <Skeleton className="h-64 w-full" />
  const isEmpty = list.data?.items.length === 0 && templates.data?.items.length === 0
  // If neither can be listed, it is for one reason.
  const isRefused = list.isError || list.data?.refusal !== undefined
  return (
    <>
      <ListNotice list={list} what="resources" />
      {!isRefused && <ListNotice list={templates} what="templates of resources" />}
      <ResourceList title="Resources" items={list.data?.items ?? []} />
      <ResourceList
        title="Templates"
        description="Addresses with gaps: open one, and fill them in."
        items={templates.data?.items ?? []}
      />
      {isEmpty && !isRefused && (
        <EmptyState icon={<FileText />} title="The server has no resources">
          Resources are documents that a client can read, each under an address. This server offers none to
          you.
        </EmptyState>
      )}
    </>
  )
}

function ResourceList({
  title,
  description,
  items,
}: {
  title: string
  description?: string
  items: readonly Offered[]
}) {
  const { tenant, server } = useServer()
  if (items.length === 0) return null
  return (
    <Section title={title} description={description}>
      <RowList label={title}>
        {items.map(item => (
          <RowItem key={item.name}>
            <RowText
              title={
                <Link
                  {...paths.tools(tenant, server.id)}
                  search={{ part: 'resources', resource: item.name }}
                  className="break-all font-mono text-[0.8125rem] outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
                >
                  {item.name}
                </Link>
              }
            >
              {[item.title, item.description, textOf(item.raw, 'mimeType')].filter(Boolean).join(' · ')}
            </RowText>
          </RowItem>
        ))}
      </RowList>
    </Section>
  )
}

function Resource({ uri }: { uri: string }) {
  const [typed, setTyped] = useState(uri)
  const [isTried, setIsTried] = useState(false)
  const { run, start, cancel } = useTry()
  const id = useId()
  const isRunning = run.state === 'running'
  const error = isTried && /[{}]/.test(typed) ? 'Put something in the place of what is in braces' : undefined
  const read = () => {
    setIsTried(true)
    if (/[{}]/.test(typed) || typed.trim() === '') return
    void start({ method: 'resources/read', params: { uri: typed.trim() } })
  }
  return (
    <div>
      <BackToList part="resources" label="All resources" />
      <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
        <Section title="Read a resource">
          <SectionBody>
            <form
              noValidate
              className="space-y-4"
              onSubmit={event => {
                event.preventDefault()
                if (!isRunning) read()
              }}
            >
              <Frame
                id={id}
                label="Address"
                hint="As the server names it. In a template, replace what is in braces."
                error={error}
              >
                <Input
                  id={id}
                  aria-describedby={`${id}-hint ${id}-error`}
                  aria-invalid={error !== undefined || undefined}
                  value={typed}
                  onChange={event => setTyped(event.target.value)}
                  autoCapitalize="none"
                  spellCheck={false}
                  className="font-mono text-[0.8125rem]"
                />
              </Frame>
              {isRunning ? (
                <Button key="cancel" onClick={cancel}>
                  Cancel
                </Button>
              ) : (
                <Button key="read" type="submit" kind="primary">
                  Read it
                </Button>
              )}
            </form>
          </SectionBody>
        </Section>
        <RunView
          run={run}
          idle={<EmptyState title="Not read yet">What the resource holds appears here.</EmptyState>}
        />
      </div>
    </div>
  )
}
