import { Subnav } from '@/components/subnav'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'

export function MeNav() {
  const tenant = useTenant()
  const items = [
    { label: 'Connections', link: paths.me(tenant) },
    { label: 'API keys', link: paths.myKeys(tenant) },
    { label: 'Sign-in', link: paths.mySessions(tenant) },
  ]
  return <Subnav label="Me" items={items} />
}
