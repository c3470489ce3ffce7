//! What stands around every page: side navigation (a drawer on a phone), the header, the palette and the shortcuts.

import { useRouterState } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Kbd } from '@/components/ui/kbd'
import { pages, paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { Frame, Navigation } from './frame'
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
  const navigation = (
    <Navigation
      label="Console"
      sections={SECTIONS.map(section => ({ ...section, link: section.link(tenant) }))}
    >
      <p className="mt-auto px-2 pt-6 pb-3 text-quiet text-xs">
        <a className="hover:text-text hover:underline" href={pages.home(tenant)}>
          Your own servers and keys
        </a>
      </p>
    </Navigation>
  )
  const actions = (
    <>
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
    </>
  )
  return (
    <Frame
      home={paths.servers(tenant)}
      title={organisation.display_name}
      navigation={navigation}
      actions={actions}
      onMenu={() => setOpen('drawer')}
    >
      <Suspense>
        {open === 'palette' && <Palette onOpenChange={toggle('palette')} />}
        {open === 'shortcuts' && <Shortcuts onOpenChange={toggle('shortcuts')} />}
        {open === 'drawer' && <Drawer onOpenChange={toggle('drawer')}>{navigation}</Drawer>}
      </Suspense>
    </Frame>
  )
}
