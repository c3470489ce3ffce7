//! One service account: its keys, and its end.

import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { serviceAccount } from '@/api/queries'
import type { ServiceAccount } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { Page } from '@/components/page'
import { Fact, Facts, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { CopyCode } from '@/components/ui/copy'
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { can, type May } from '@/lib/can'
import { count } from '@/lib/count'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { AccountDialog } from './account-dialog'
import { useServiceAccountActions } from './actions'
import { ApiKeys } from './api-keys'
import { Reach } from './reach'
import { both } from './words'

const route = getRouteApi('/$tenant/people/service-accounts/$account')

const ASLEEP: May = { yes: false, why: 'It is deactivated: reactivate it first.' }

type Asked = 'edit' | 'deactivate' | 'reactivate' | 'delete'

export function AccountPage() {
  const { tenant, account: id } = route.useParams()
  const { data: account } = useSuspenseQuery(serviceAccount(tenant, id))
  const may = can.manageServiceAccounts(useSession())
  const [asked, ask] = useState<Asked>()
  const isActive = account.status === 'active'
  return (
    <Page
      title={account.name}
      back={{ ...paths.serviceAccounts(tenant), children: 'Service accounts' }}
      description={account.description || 'A service account.'}
      aside={!isActive && <Badge tone="warning">Deactivated</Badge>}
      width="narrow"
      actions={
        <>
          <Button may={may} onClick={() => ask('edit')}>
            Edit
          </Button>
          <Menu
            trigger={
              <Button size="icon" className="size-9" aria-label={`Actions for ${account.name}`}>
                <Ellipsis />
              </Button>
            }
          >
            {isActive ? (
              <MenuItem may={may} onSelect={() => ask('deactivate')}>
                Deactivate…
              </MenuItem>
            ) : (
              <MenuItem may={may} onSelect={() => ask('reactivate')}>
                Reactivate…
              </MenuItem>
            )}
            <MenuLine />
            <MenuItem danger may={may} onSelect={() => ask('delete')}>
              Delete…
            </MenuItem>
          </Menu>
        </>
      }
    >
      <div className="grid gap-4">
        <ApiKeys
          owner={{ service_account: account.id }}
          whose={account.name}
          mayMake={both(may, isActive ? { yes: true } : ASLEEP)}
          mayRevoke={can.revokeAnyKey(useSession())}
        />
        <Reach owner={{ service_account: account.id }} name={account.name} />
        <Section title="About">
          <Facts>
            <Fact name="Made">
              <Time at={account.created_at} />
            </Fact>
            {account.deactivated_at && (
              <Fact name="Deactivated">
                <Time at={account.deactivated_at} />
              </Fact>
            )}
            <Fact name="Id">
              <CopyCode text={account.id} label="Copy the id" />
            </Fact>
          </Facts>
        </Section>
      </div>
      <Questions account={account} asked={asked} onClose={() => ask(undefined)} />
    </Page>
  )
}

type QuestionsProps = { account: ServiceAccount; asked: Asked | undefined; onClose: () => void }

function Questions({ account, asked, onClose }: QuestionsProps) {
  const tenant = useTenant()
  const navigate = useNavigate()
  const { update, remove } = useServiceAccountActions()
  const { name, id } = account
  switch (asked) {
    case undefined:
      return null
    case 'edit':
      return <AccountDialog account={account} onClose={onClose} />
    case 'deactivate':
      return (
        <Confirm
          open
          onOpenChange={onClose}
          title={`Deactivate ${name}`}
          consequences={
            <ul>
              <li>Its keys end now, on every node within a second. They do not come back.</li>
              <li>Its grants stay: after reactivation it needs new keys, and nothing else.</li>
            </ul>
          }
          action="Deactivate"
          word={name}
          onConfirm={() => update(id, { status: 'deactivated' })}
        />
      )
    case 'reactivate':
      return (
        <Confirm
          open
          onOpenChange={onClose}
          title={`Reactivate ${name}`}
          consequences={<p>It has the grants that it had. Make it a new key: the old ones stay ended.</p>}
          action="Reactivate"
          onConfirm={() => update(id, { status: 'active' })}
        />
      )
    case 'delete':
      return (
        <Confirm
          open
          onOpenChange={onClose}
          title={`Delete ${name}`}
          consequences={
            <ul>
              <li>Its keys end now, and its grants on servers go with it.</li>
              <li>It cannot be brought back. What it did stays in the call log and the audit log.</li>
            </ul>
          }
          action="Delete the service account"
          word={name}
          onConfirm={async () => {
            const gone = await remove(id)
            toast.done(
              `${name} is deleted, with ${count(gone.api_keys, 'key')} and ${count(gone.grants, 'grant')}`,
            )
            await navigate({ ...paths.serviceAccounts(tenant), replace: true })
          }}
        />
      )
  }
}
