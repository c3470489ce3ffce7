import { Subnav } from '@/components/subnav'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'

export function ActivityNav() {
  const tenant = useTenant()
  const items = [
    { label: 'Calls', link: paths.calls(tenant) },
    { label: 'Usage', link: paths.usage(tenant) },
    { label: 'Audit log', link: paths.audit(tenant) },
  ]
  return <Subnav label="Activity" items={items} />
}
