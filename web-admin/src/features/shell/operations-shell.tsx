//! What stands around operators' pages. They belong to no organisation, and have little to go to.

import { useSuspenseQuery } from '@tanstack/react-query'
import { type LinkProps, useRouterState } from '@tanstack/react-router'
import { Building2, KeyRound, LogOut, type LucideIcon, Network } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { api, take } from '@/api/client'
import { operatorSession } from '@/api/queries'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu'
import { toast } from '@/components/ui/toast'
import { operations, operatorSignIn } from '@/lib/paths'
import { Frame, Navigation } from './frame'
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
  const navigation = <Navigation label="Operations" sections={SECTIONS} />
  return (
    <Frame
      home={operations.tenants()}
      title="Operations"
      navigation={navigation}
      actions={<OperatorMenu />}
      onMenu={() => setOpen(true)}
    >
      <Suspense>{isOpen && <Drawer onOpenChange={setOpen}>{navigation}</Drawer>}</Suspense>
    </Frame>
  )
}

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
