//! The frame around pages: side navigation (a drawer on a phone), a header, and a way past both to the page.

import { Link, type LinkProps, Outlet } from '@tanstack/react-router'
import { type LucideIcon, Menu as MenuIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '@/components/ui/button'
import { Wordmark } from '@/components/wordmark'
import { Announcer } from './announcer'

type FrameProps = {
  /** Where the wordmark leads. */
  home: LinkProps
  title: string
  navigation: ReactNode
  /** At the end of the header. */
  actions: ReactNode
  onMenu: () => void
  /** What opens over the page. */
  children: ReactNode
}

export const Frame = ({ home, title, navigation, actions, onMenu, children }: FrameProps) => (
  <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_minmax(0,1fr)]">
    <a
      href="#main"
      className="sr-only z-50 rounded-md bg-raised px-3 py-2 shadow-float focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
    >
      Skip to the page
    </a>
    <aside className="sticky top-0 hidden h-dvh flex-col border-r bg-card px-3 md:flex">
      <Link {...home} className="flex h-13 items-center rounded-md px-2" aria-label="Portway">
        <Wordmark />
      </Link>
      {navigation}
    </aside>
    <div className="min-w-0">
      <header className="sticky top-0 z-20 flex h-13 items-center gap-2 border-b bg-page/90 px-4 backdrop-blur md:px-8">
        <Button kind="quiet" size="icon" className="-ml-2 md:hidden" aria-label="Menu" onClick={onMenu}>
          <MenuIcon />
        </Button>
        <span className="min-w-0 truncate font-medium">{title}</span>
        <div className="ml-auto flex items-center gap-2">{actions}</div>
      </header>
      <main id="main" tabIndex={-1} className="outline-none">
        <Outlet />
      </main>
    </div>
    <Announcer />
    {children}
  </div>
)

type NavigationProps = {
  label: string
  sections: readonly { label: string; icon: LucideIcon; link: LinkProps }[]
  /** Below the sections. */
  children?: ReactNode
}

export const Navigation = ({ label, sections, children }: NavigationProps) => (
  <nav aria-label={label} className="flex min-h-0 flex-1 flex-col overflow-y-auto py-2">
    <ul className="space-y-0.5">
      {sections.map(({ label, icon: Icon, link }) => (
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
    {children}
  </nav>
)
