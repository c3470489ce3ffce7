import { Cable, Keyboard, KeyRound, LogOut, Monitor, Moon, Rows3, ShieldCheck, Sun } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from '@/components/ui/menu'
import { pages } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { setTheme, type Theme, theme } from '@/lib/theme'
import { Initials } from './initials'
import { signOut } from './sign-out'

const THEME_OPTIONS = [
  { value: 'system', label: 'As the system', icon: <Monitor /> },
  { value: 'light', label: 'Light', icon: <Sun /> },
  { value: 'dark', label: 'Dark', icon: <Moon /> },
] as const

export default function UserMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const tenant = useTenant()
  const { user } = useSession()
  const [chosen, setChosen] = useState<Theme>(theme)
  const trigger = (
    <Button kind="quiet" size="icon" aria-label={`Account of ${user.display_name}`}>
      <Initials name={user.display_name} />
    </Button>
  )
  return (
    <Menu trigger={trigger}>
      <div className="px-2.5 pt-1.5 pb-2">
        <p className="truncate font-medium">{user.display_name}</p>
        <p className="truncate text-quiet text-xs">
          {user.user_name} · {user.role}
        </p>
      </div>
      <MenuLine />
      <MenuLink href={pages.home(tenant)} icon={<Rows3 />} label="Your servers" />
      <MenuLink href={pages.keys(tenant)} icon={<KeyRound />} label="API keys" />
      <MenuLink href={pages.connections(tenant)} icon={<Cable />} label="Connections" />
      <MenuLink href={pages.security(tenant)} icon={<ShieldCheck />} label="Second factor" />
      <MenuLine />
      <MenuLabel>Theme</MenuLabel>
      <MenuChoice
        value={chosen}
        options={THEME_OPTIONS}
        onChange={value => {
          setTheme(value)
          setChosen(value)
        }}
      />
      <MenuLine />
      <MenuItem onSelect={onShortcuts}>
        <Keyboard /> Keyboard shortcuts
      </MenuItem>
      <MenuItem onSelect={() => void signOut(tenant)}>
        <LogOut /> Sign out
      </MenuItem>
    </Menu>
  )
}

const MenuLink = ({ href, icon, label }: { href: string; icon: React.ReactNode; label: string }) => (
  <MenuItem asChild>
    <a href={href}>
      {icon} {label}
    </a>
  </MenuItem>
)
