//! What the pages of People have in common: heading, tabs, and a word for those who may not see them.

import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { EmptyState, Page } from '@/components/page'
import { Tabs } from '@/components/tabs'
import { can, type May } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'

type PeopleFrameProps = {
  /** The tab that this is. */
  tab: string
  description: string
  actions: ReactNode
  /** Who sees it, if not everybody who sees people. */
  may?: May
  children: ReactNode
}

export function PeopleFrame({ tab, description, actions, may, children }: PeopleFrameProps) {
  const tenant = useTenant()
  const session = useSession()
  const sees = may ?? can.readPeople(session)
  const tabs = [
    { label: 'Users', link: paths.people(tenant) },
    { label: 'Invitations', link: paths.invitations(tenant) },
    { label: 'Groups', link: paths.groups(tenant) },
    { label: 'Service accounts', link: paths.serviceAccounts(tenant) },
  ]
  return (
    <Page title="People" tab={`${tab} · People`} description={description} actions={actions}>
      <Tabs label="People" tabs={tabs} />
      {sees.yes ? (
        children
      ) : (
        <EmptyState icon={<Lock />} title="Not for your role">
          {sees.why} Yours is {session.user.role}: ask one of them.
        </EmptyState>
      )}
    </Page>
  )
}
