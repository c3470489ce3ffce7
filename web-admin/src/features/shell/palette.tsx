//! ⌘K: go to a section or a server, copy a gateway URL, change the theme, sign out.

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { Copy, LogOut, Monitor, Moon, Server, Sun } from 'lucide-react'
import { type ReactNode, useDeferredValue, useState } from 'react'
import { serverList } from '@/api/queries'
import { copyText } from '@/components/ui/copy'
import { focusedNow } from '@/components/ui/focus-back'
import { toast } from '@/components/ui/toast'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'
import { setTheme } from '@/lib/theme'
import { SECTIONS } from './nav'
import { signOut } from './sign-out'

const group =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-quiet'

/** Before and after something is typed. */
const SERVERS_SHOWN = 6
const SERVERS_FOUND = 20

export default function Palette({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const tenant = useTenant()
  const navigate = useNavigate()
  const [opener] = useState(focusedNow)
  const [typed, setTyped] = useState('')
  const q = useDeferredValue(typed.trim()) || undefined
  const found = useInfiniteQuery({ ...serverList(tenant, { q }), placeholderData: keepPreviousData })
  const servers = found.data?.pages[0]?.items.slice(0, q ? SERVERS_FOUND : SERVERS_SHOWN) ?? []
  const run = (act: () => unknown) => () => {
    onOpenChange(false)
    void act()
  }
  return (
    <Command.Dialog
      open
      onOpenChange={open => {
        onOpenChange(open)
        // Closed and nothing done: one goes on where one was.
        setTimeout(() => opener?.focus())
      }}
      label="Search and commands"
      loop
      overlayClassName="fixed inset-0 z-40 bg-scrim"
      contentClassName="fixed top-[12vh] left-1/2 z-40 w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 animate-appear overflow-hidden rounded-xl border border-line bg-raised shadow-float"
    >
      <Command.Input
        value={typed}
        onValueChange={setTyped}
        placeholder="Go to a page or a server, or do something…"
        className="h-12 w-full border-b bg-transparent px-4 text-[0.9375rem] outline-none max-md:text-base"
      />
      <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-8 text-center text-quiet">Nothing of that name.</Command.Empty>
        <Command.Group heading="Go to" className={group}>
          {SECTIONS.map(({ label, icon: Icon, link }) => (
            <Item key={label} icon={<Icon />} onSelect={run(() => navigate(link(tenant)))}>
              {label}
            </Item>
          ))}
        </Command.Group>
        {servers.length > 0 && (
          <Command.Group heading="Servers" className={group}>
            {servers.map(({ id, slug, display_name }) => (
              <Item
                key={id}
                value={`${display_name} ${slug}`}
                icon={<Server />}
                aside={slug}
                onSelect={run(() => navigate(paths.server(tenant, id)))}
              >
                {display_name}
              </Item>
            ))}
          </Command.Group>
        )}
        {q && servers.length > 0 && (
          <Command.Group heading="Copy a gateway URL" className={group}>
            {servers.map(({ id, slug, display_name, gateway_url }) => (
              <Item
                key={id}
                value={`copy url ${display_name} ${slug}`}
                icon={<Copy />}
                onSelect={run(() =>
                  copyText(gateway_url).then(() => toast.done(`The URL of ${display_name} is copied`)),
                )}
              >
                Copy the URL of {display_name}
              </Item>
            ))}
          </Command.Group>
        )}
        <Command.Group heading="Do" className={group}>
          <Item icon={<Sun />} onSelect={run(() => setTheme('light'))}>
            Light theme
          </Item>
          <Item icon={<Moon />} onSelect={run(() => setTheme('dark'))}>
            Dark theme
          </Item>
          <Item icon={<Monitor />} onSelect={run(() => setTheme('system'))}>
            Theme as the system has it
          </Item>
          <Item icon={<LogOut />} onSelect={run(() => signOut(tenant))}>
            Sign out
          </Item>
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  )
}

type ItemProps = {
  value?: string
  icon: ReactNode
  aside?: string
  onSelect: () => void
  children: ReactNode
}

const Item = ({ icon, aside, children, ...rest }: ItemProps) => (
  <Command.Item
    {...rest}
    className="flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 data-[selected=true]:bg-hover max-md:h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-quiet"
  >
    {icon}
    <span className="truncate">{children}</span>
    {aside && <span className="ml-auto truncate font-mono text-quiet text-xs">{aside}</span>}
  </Command.Item>
)
