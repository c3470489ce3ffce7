import { Cable, Keyboard, KeyRound, LogOut, Rows3, ShieldCheck } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu'
import { pages } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { Initials } from './initials'
import { signOut } from './sign-out'
import { ThemeChoice } from './theme-choice'

export default function UserMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const tenant = useTenant()
  const { user } = useSession()
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
      <ThemeChoice />
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
