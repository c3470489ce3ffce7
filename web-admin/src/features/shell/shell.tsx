//! What stands around every page: side navigation (a drawer on a phone), the header, the palette and the shortcuts.

import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Menu as MenuIcon, Search } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Kbd } from '@/components/ui/kbd'
import { Wordmark } from '@/components/wordmark'
import { pages, paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { Announcer } from './announcer'
import { Initials } from './initials'
import { SECTIONS } from './nav'
import { MODIFIER, useShortcuts } from './use-shortcuts'

// Opened by whoever wants them: not a part of the first page.
const Palette = lazy(() => import('./palette'))
const Drawer = lazy(() => import('./drawer'))
const Shortcuts = lazy(() => import('./shortcuts'))
const UserMenu = lazy(() => import('./user-menu'))

type Open = 'palette' | 'shortcuts' | 'drawer' | undefined

export function Shell() {
  const tenant = useTenant()
  const { tenant: organisation, user } = useSession()
  const [open, setOpen] = useState<Open>()
  useShortcuts(tenant, setOpen)
  const path = useRouterState({ select: state => state.location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever went somewhere wants to see it
  useEffect(() => setOpen(undefined), [path])
  const toggle = (what: Open) => (is: boolean) => setOpen(is ? what : undefined)
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-raised px-3 py-2 shadow-float focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r bg-card px-3 md:flex">
        <Link
          {...paths.servers(tenant)}
          className="flex h-13 items-center rounded-md px-2"
          aria-label="Portway"
        >
          <Wordmark />
        </Link>
        <Navigation />
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-20 flex h-13 items-center gap-2 border-b bg-page/90 px-4 backdrop-blur md:px-8">
          <Button
            kind="quiet"
            size="icon"
            className="-ml-2 md:hidden"
            aria-label="Menu"
            onClick={() => setOpen('drawer')}
          >
            <MenuIcon />
          </Button>
          <span className="min-w-0 truncate font-medium">{organisation.display_name}</span>
          <div className="ml-auto flex items-center gap-2">
            <Button
              className="text-quiet max-md:size-10 max-md:border-transparent max-md:bg-transparent max-md:px-0"
              size="sm"
              aria-label="Go to… Search and commands"
              aria-keyshortcuts="Control+K Meta+K"
              onClick={() => setOpen('palette')}
            >
              <Search />
              <span className="max-md:hidden">Go to…</span>
              <span className="ml-4 flex gap-0.5 max-md:hidden" aria-hidden="true">
                <Kbd>{MODIFIER}</Kbd>
                <Kbd>K</Kbd>
              </span>
            </Button>
            <Suspense fallback={<Initials name={user.display_name} className="m-0.5 max-md:m-1.5" />}>
              <UserMenu onShortcuts={() => setOpen('shortcuts')} />
            </Suspense>
          </div>
        </header>
        <main id="main" tabIndex={-1} className="outline-none">
          <Outlet />
        </main>
      </div>
      <Announcer />
      <Suspense>
        {open === 'palette' && <Palette onOpenChange={toggle('palette')} />}
        {open === 'shortcuts' && <Shortcuts onOpenChange={toggle('shortcuts')} />}
        {open === 'drawer' && (
          <Drawer onOpenChange={toggle('drawer')}>
            <Navigation />
          </Drawer>
        )}
      </Suspense>
    </div>
  )
}

function Navigation() {
  const tenant = useTenant()
  return (
    <nav aria-label="Console" className="flex min-h-0 flex-1 flex-col overflow-y-auto py-2">
      <ul className="space-y-0.5">
        {SECTIONS.map(({ label, icon: Icon, link }) => (
          <li key={label}>
            <Link
              {...link(tenant)}
              className="flex h-8 items-center gap-2.5 rounded-md px-2 text-quiet hover:bg-hover hover:text-text max-md:h-11"
              activeProps={{ className: 'bg-hover font-medium text-text!' }}
            >
              <Icon aria-hidden="true" className="size-4" />
              {label}
            </Link>
          </li>
        ))}
      </ul>
      <p className="mt-auto px-2 pt-6 pb-3 text-quiet text-xs">
        <a className="hover:text-text hover:underline" href={pages.home(tenant)}>
          Your own servers and keys
        </a>
      </p>
    </nav>
  )
}
