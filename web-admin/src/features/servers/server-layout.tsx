//! What stands above every tab of a server: its name, its state, and the tabs.

import { Link, Outlet } from '@tanstack/react-router'
import { Plug } from 'lucide-react'
import { Page } from '@/components/page'
import { Tabs } from '@/components/tabs'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { ServerTags } from './server-tags'

/** One line for each tab that exists. */
const TABS = [
  { label: 'Overview', link: paths.server },
  { label: 'How To Use', link: paths.howToUse },
  { label: 'Tools', link: paths.tools },
  { label: 'Collaborators', link: paths.collaborators },
  { label: 'Authentication', link: paths.serverAuthentication },
  { label: 'Limits', link: paths.serverLimits },
  { label: 'Activity', link: paths.serverCalls, hasMore: true },
  { label: 'Settings', link: paths.serverSettings },
] as const

export function ServerLayout() {
  const { tenant, server } = useServer()
  return (
    <Page
      title={server.display_name}
      description={server.description}
      back={{ ...paths.servers(tenant), children: 'Servers' }}
      aside={
        <>
          {server.kind === 'virtual' && <Badge>Virtual</Badge>}
          {server.status === 'disabled' ? (
            <Badge tone="warning">Disabled</Badge>
          ) : (
            <Badge tone="good">Enabled</Badge>
          )}
          <ServerTags tenant={tenant} tags={server.tags} />
        </>
      }
      actions={
        <Button kind="primary" asChild>
          <Link {...paths.howToUse(tenant, server.id)}>
            <Plug /> Add to Client
          </Link>
        </Button>
      }
    >
      <Tabs
        label="Server"
        tabs={TABS.map(({ link, ...tab }) => ({ ...tab, link: link(tenant, server.id) }))}
      />
      <Outlet />
    </Page>
  )
}
