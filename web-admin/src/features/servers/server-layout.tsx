//! What stands above every tab of a server: its name, its state, and the tabs.

import { Link, type LinkProps, Outlet, useLocation } from '@tanstack/react-router'
import { Plug } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Page } from '@/components/page'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { ServerTags } from './server-tags'

/** One line for each tab that exists. */
const TABS: readonly { label: string; link: (tenant: string, server: string) => LinkProps; exact?: true }[] =
  [
    { label: 'Overview', link: paths.server, exact: true },
    { label: 'How To Use', link: paths.howToUse },
    { label: 'Tools', link: paths.tools },
    { label: 'Collaborators', link: paths.collaborators },
    { label: 'Authentication', link: paths.serverAuthentication },
    { label: 'Limits', link: paths.serverLimits },
    { label: 'Activity', link: paths.serverCalls },
    { label: 'Settings', link: paths.serverSettings },
  ]

export function ServerLayout() {
  const { tenant, server } = useServer()
  const tabs = useTabInView()
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
      <nav
        ref={tabs}
        aria-label="Server"
        className="-mx-4 overflow-x-auto border-b px-4 [scrollbar-width:none] md:mx-0 md:px-0"
      >
        <ul className="flex gap-5">
          {TABS.map(({ label, link, exact }) => (
            <li key={label}>
              <Link
                {...link(tenant, server.id)}
                activeOptions={{ exact: exact ?? false, includeSearch: false }}
                className="-mb-px block whitespace-nowrap border-transparent border-b-2 py-2 text-quiet hover:text-text max-md:py-2.5"
                activeProps={{ className: 'border-accent! font-medium text-text!' }}
              >
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="pt-6">
        <Outlet />
      </div>
    </Page>
  )
}

/** On a phone there are more tabs than fit: the one that is open is among those that do. */
function useTabInView() {
  const tabs = useRef<HTMLElement>(null)
  const path = useLocation({ select: ({ pathname }) => pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is open when the path is another
  useEffect(() => {
    const open = tabs.current?.querySelector('[aria-current="page"]')
    open?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [path])
  return tabs
}
