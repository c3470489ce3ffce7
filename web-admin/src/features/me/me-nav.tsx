import { Tabs } from '@/components/tabs'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'

export function MeNav() {
  const tenant = useTenant()
  const tabs = [
    { label: 'Connections', link: paths.me(tenant) },
    { label: 'API keys', link: paths.myKeys(tenant) },
    { label: 'Sign-in', link: paths.mySessions(tenant) },
  ]
  return <Tabs label="Me" tabs={tabs} />
}
