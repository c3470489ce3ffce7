//! All servers that the person sees: as a table, or as cards.

import { type InfiniteData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Layers, LayoutGrid, List, Plus, Server as ServerIcon } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { myAccounts, serverList } from '@/api/queries'
import type { Server } from '@/api/types'
import { DataTable, SearchField } from '@/components/data-table'
import { Filter } from '@/components/filter'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { Hint } from '@/components/ui/tooltip'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { useTags } from '@/lib/tags'
import { serverColumns } from './columns'
import { FirstRun } from './first-run'
import { useHealth } from './health-badge'
import { ServerCards } from './server-cards'

const route = getRouteApi('/$tenant/servers/')

export function ServersPage() {
  const { tenant } = route.useParams()
  const { q, tag, view } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useInfiniteQuery(serverList(tenant, { q, tag }))
  const accounts = useAccounts(tenant)
  const health = useHealth()
  const columns = useMemo(() => serverColumns(tenant, accounts, health), [tenant, accounts, health])
  const setText = useCallback(
    (q: string | undefined) => void navigate({ search: before => ({ ...before, q }), replace: true }),
    [navigate],
  )
  const isCards = view === 'cards'
  const clear = () => void navigate({ search: before => ({ view: before.view }), replace: true })
  const empty = q || tag ? <NothingFound text={q} tag={tag} onClear={clear} /> : <NoServers />
  return (
    <Page
      title="Servers"
      description="The MCP servers that people of your organisation reach through Portway."
      actions={<NewButtons />}
    >
      <div className="mb-4 flex items-center gap-2">
        <SearchField label="Find a server" value={q} onChange={setText} />
        <TagFilter
          value={tag}
          onChange={tag => void navigate({ search: before => ({ ...before, tag }), replace: true })}
        />
        <Hint text={isCards ? 'As a table' : 'As cards'}>
          <Button
            kind="secondary"
            size="icon"
            className="ml-auto size-9"
            aria-label={isCards ? 'Show as a table' : 'Show as cards'}
            onClick={() =>
              void navigate({
                search: before => ({ ...before, view: isCards ? undefined : 'cards' }),
                replace: true,
              })
            }
          >
            {isCards ? <List /> : <LayoutGrid />}
          </Button>
        </Hint>
      </div>
      {isCards ? (
        <ServerCards {...{ tenant, query, accounts, health, empty }} />
      ) : (
        <DataTable
          noun={['server', 'servers']}
          query={query}
          columns={columns}
          rowId={server => server.id}
          empty={empty}
        />
      )}
      <WhatIsLeft query={query} isSearched={q !== undefined || tag !== undefined} />
    </Page>
  )
}

/** While there is one server, and nobody has used it. Below the list, so that nothing moves when it comes. */
function WhatIsLeft({
  query,
  isSearched,
}: {
  query: { data?: InfiniteData<{ items: Server[] }> }
  isSearched: boolean
}) {
  const may = can.registerServers(useSession())
  const servers = query.data?.pages.flatMap(page => page.items) ?? []
  if (!may.yes || isSearched || servers.length !== 1) return null
  return (
    <div className="mt-6">
      <FirstRun server={servers[0]} />
    </div>
  )
}

function useAccounts(tenant: string) {
  const { data } = useQuery(myAccounts(tenant))
  return useMemo(() => new Map(data?.items.map(account => [account.server_id, account])), [data])
}

const NewButtons = () => (
  <>
    <VirtualButton />
    <RegisterButton />
  </>
)

function VirtualButton() {
  const { tenant } = route.useParams()
  return (
    <Button asChild may={can.registerServers(useSession())}>
      <Link {...paths.newVirtualServer(tenant)}>
        <Layers /> New virtual server
      </Link>
    </Button>
  )
}

function RegisterButton() {
  const { tenant } = route.useParams()
  return (
    <Button kind="primary" asChild may={can.registerServers(useSession())}>
      <Link {...paths.registerServer(tenant)}>
        <Plus /> Register server
      </Link>
    </Button>
  )
}

function NoServers() {
  const session = useSession()
  const may = can.registerServers(session)
  if (!may.yes) {
    return (
      <EmptyState icon={<ServerIcon />} title="Nothing is shared with you yet">
        When somebody gives you access to a server, it appears here, with a ready line for your IDE. Ask an
        administrator of {session.tenant.display_name}.
      </EmptyState>
    )
  }
  return <FirstRun server={undefined} />
}

type NothingFoundProps = { text: string | undefined; tag: string | undefined; onClear: () => void }

const NothingFound = ({ text, tag, onClear }: NothingFoundProps) => (
  <EmptyState title="No such server" action={<Button onClick={onClear}>Show all servers</Button>}>
    None of the servers that you see has{' '}
    {[text && `“${text}” in its name or its slug`, tag && `the tag ${tag}`].filter(Boolean).join(' and ')}.
  </EmptyState>
)

/** By a tag, where servers have any. */
function TagFilter({ value, onChange }: { value: string | undefined; onChange: (tag?: string) => void }) {
  const { tags } = useTags()
  const known = value === undefined || tags.includes(value) ? tags : [...tags, value]
  if (known.length === 0) return null
  const options = known.map(tag => ({ value: tag, label: tag }))
  return <Filter label="Tag" all="Any tag" value={value} options={options} onChange={onChange} />
}
