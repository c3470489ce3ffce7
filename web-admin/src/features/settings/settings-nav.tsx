import { Subnav } from '@/components/subnav'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'

export function SettingsNav() {
  const tenant = useTenant()
  const items = [
    { label: 'General', link: paths.settings(tenant) },
    { label: 'OAuth clients', link: paths.clients(tenant) },
  ]
  return <Subnav label="Settings" items={items} />
}
