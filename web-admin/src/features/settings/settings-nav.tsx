import { Tabs } from '@/components/tabs'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'

export function SettingsNav() {
  const tenant = useTenant()
  const tabs = [
    { label: 'General', link: paths.settings(tenant) },
    { label: 'OAuth clients', link: paths.clients(tenant) },
  ]
  return <Tabs label="Settings" tabs={tabs} />
}
