//! What the pages of Identity have in common: heading, tabs, and a word for those who may not see them.

import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { EmptyState, Page } from '@/components/page'
import { Tabs } from '@/components/tabs'
import type { May } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'

type IdentityFrameProps = {
  /** The tab that this is. */
  tab: string
  description: string
  actions?: ReactNode
  /** Who sees it. */
  may: May
  children: ReactNode
}

export function IdentityFrame({ tab, description, actions, may, children }: IdentityFrameProps) {
  const tenant = useTenant()
  const { user } = useSession()
  const tabs = [
    { label: 'Sign-in', link: paths.identity(tenant) },
    { label: 'Provisioning', link: paths.provisioning(tenant) },
    { label: 'Domains', link: paths.domains(tenant) },
    { label: 'SCIM', link: paths.scim(tenant) },
  ]
  return (
    <Page title="Identity" tab={`${tab} · Identity`} description={description} actions={actions}>
      <Tabs label="Identity" tabs={tabs} />
      {may.yes ? (
        children
      ) : (
        <EmptyState icon={<Lock />} title="Not for your role">
          {may.why} Yours is {user.role}: ask one of them.
        </EmptyState>
      )}
    </Page>
  )
}
