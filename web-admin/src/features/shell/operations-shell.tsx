//! What stands around operators' pages. They belong to no organisation, and have little to go to.

import { useSuspenseQuery } from '@tanstack/react-query'
import { Link, type LinkProps, Outlet, useRouterState } from '@tanstack/react-router'
import { Building2, KeyRound, LogOut, type LucideIcon, Menu as MenuIcon, Network } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { api, take } from '@/api/client'
import { operatorSession } from '@/api/queries'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu'
import { toast } from '@/components/ui/toast'
import { Wordmark } from '@/components/wordmark'
import { operations, operatorSignIn } from '@/lib/paths'
import { Announcer } from './announcer'
import { Initials } from './initials'
import { ThemeChoice } from './theme-choice'

const Drawer = lazy(() => import('./drawer'))

const SECTIONS: readonly { label: string; icon: LucideIcon; link: LinkProps }[] = [
  { label: 'Tenants', icon: Building2, link: operations.tenants() },
  { label: 'Nodes', icon: Network, link: operations.nodes() },
  { label: 'Keys', icon: KeyRound, link: operations.keys() },
]

export function OperationsShell() {
  const [isOpen, setOpen] = useState(false)
  const path = useRouterState({ select: state => state.location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever went somewhere wants to see it
  useEffect(() => setOpen(false), [path])
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
          {...operations.tenants()}
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
            onClick={() => setOpen(true)}
          >
            <MenuIcon />
          </Button>
          <span className="min-w-0 truncate font-medium">Operations</span>
          <div className="ml-auto">
            <OperatorMenu />
          </div>
        </header>
        <main id="main" tabIndex={-1} className="outline-none">
          <Outlet />
        </main>
      </div>
      <Announcer />
      <Suspense>
        {isOpen && (
          <Drawer onOpenChange={setOpen}>
            <Navigation />
          </Drawer>
        )}
      </Suspense>
    </div>
  )
}

const Navigation = () => (
  <nav aria-label="Operations" className="flex min-h-0 flex-1 flex-col overflow-y-auto py-2">
    <ul className="space-y-0.5">
      {SECTIONS.map(({ label, icon: Icon, link }) => (
        <li key={label}>
          <Link
            {...link}
            className="flex h-8 items-center gap-2.5 rounded-md px-2 text-quiet hover:bg-hover hover:text-text max-md:h-11"
            activeProps={{ className: 'bg-hover font-medium text-text!' }}
          >
            <Icon aria-hidden="true" className="size-4" />
            {label}
          </Link>
        </li>
      ))}
    </ul>
  </nav>
)

function OperatorMenu() {
  const { operator } = useSuspenseQuery(operatorSession()).data
  const trigger = (
    <Button kind="quiet" size="icon" aria-label={`Account of ${operator.name}`}>
      <Initials name={operator.name} />
    </Button>
  )
  return (
    <Menu trigger={trigger}>
      <div className="px-2.5 pt-1.5 pb-2">
        <p className="truncate font-medium">{operator.name}</p>
        <p className="text-quiet text-xs">Operator of this deployment</p>
      </div>
      <MenuLine />
      <ThemeChoice />
      <MenuLine />
      <MenuItem onSelect={() => void signOut()}>
        <LogOut /> Sign out
      </MenuItem>
    </Menu>
  )
}

/** Ends the session. The page is loaded anew, so that nothing of it stays in memory. */
async function signOut(): Promise<void> {
  try {
    await take(api.DELETE('/api/v1/platform/session'))
    window.location.assign(operatorSignIn(''))
  } catch (error) {
    toast.failed(error)
  }
}
