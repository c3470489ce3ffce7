import { Tabs } from '@/components/tabs'
import { paths } from '@/lib/paths'
import { useTenant } from '@/lib/session'

export function ActivityNav() {
  const tenant = useTenant()
  const tabs = [
    { label: 'Calls', link: paths.calls(tenant) },
    { label: 'Usage', link: paths.usage(tenant) },
    { label: 'Audit log', link: paths.audit(tenant) },
  ]
  return <Tabs label="Activity" tabs={tabs} />
}
