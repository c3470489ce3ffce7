//! How people sign in: by identity providers, and by passwords unless they are switched off.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { KeyRound, Plus } from 'lucide-react'
import { useMemo, useState } from 'react'
import { identityProviderList } from '@/api/queries'
import type { IdentityProvider } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { columnsOf, DataTable, RowLink } from '@/components/data-table'
import { EmptyState } from '@/components/page'
import { Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { QuietTime } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { useTenantActions } from './actions'
import { IdentityFrame } from './identity-frame'

const route = getRouteApi('/$tenant/identity/')

export function ProvidersPage() {
  const { tenant } = route.useParams()
  const session = useSession()
  const may = can.readIdentity(session)
  const query = useInfiniteQuery({ ...identityProviderList(tenant), enabled: may.yes })
  const columns = useMemo(() => providerColumns(tenant), [tenant])
  const add = (
    <Button kind="primary" asChild may={can.manageIdentity(session)}>
      <Link {...paths.newIdentityProvider(tenant)}>
        <Plus />
        Add a provider
      </Link>
    </Button>
  )
  return (
    <IdentityFrame
      tab="Sign-in"
      description="How people prove who they are: at your identity providers, or with a password."
      actions={add}
      may={may}
    >
      <div className="grid gap-4">
        <DataTable
          noun={['identity provider', 'identity providers']}
          query={query}
          columns={columns}
          rowId={provider => provider.id}
          empty={
            <EmptyState icon={<KeyRound />} title="Sign in with your company’s accounts" action={add}>
              Connect Okta, Entra ID, Google or whatever speaks OpenID Connect. It becomes a button of the
              sign-in page, also on the way from an IDE; who leaves the company loses access here.
            </EmptyState>
          }
        />
        <Passwords
          hasProvider={query.data?.pages.some(page => page.items.some(one => one.enabled)) ?? false}
        />
      </div>
    </IdentityFrame>
  )
}

const columns = columnsOf<IdentityProvider>()

const providerColumns = (tenant: string) =>
  columns.columns([
    columns.accessor('label', {
      header: 'Provider',
      cell: ({ row: { original } }) => (
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <RowLink {...paths.identityProvider(tenant, original.id)} className="break-words">
              {original.label}
            </RowLink>
            <ProviderBadges provider={original} />
          </div>
          <p className="break-all text-quiet text-xs">{original.issuer}</p>
        </div>
      ),
    }),
    columns.accessor('client_id', {
      header: 'Client id',
      meta: { className: 'max-lg:hidden w-56' },
      cell: info => (
        <span className="block max-w-52 truncate font-mono text-quiet text-xs">{info.getValue()}</span>
      ),
    }),
    columns.accessor('updated_at', {
      header: 'Changed',
      meta: { className: 'max-md:hidden w-36' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
  ])

export const ProviderBadges = ({ provider: { enabled, scim_source } }: { provider: IdentityProvider }) => (
  <>
    {!enabled && <Badge tone="warning">Switched off</Badge>}
    {scim_source && <Badge tone="good">SCIM source</Badge>}
  </>
)

function Passwords({ hasProvider }: { hasProvider: boolean }) {
  const session = useSession()
  const { setPasswords } = useTenantActions()
  const [asking, setAsking] = useState(false)
  const isOn = session.tenant.settings.local_accounts
  const may = can.manageTenant(session)
  return (
    <Section
      title="Passwords"
      description={
        isOn
          ? 'People who were invited may sign in with a password that is kept here. Owners and admins set up a second factor with it.'
          : 'Nobody signs in with a password: everybody comes by an identity provider.'
      }
      actions={
        <Button size="sm" may={isOn && !hasProvider ? NO_OTHER_WAY : may} onClick={() => setAsking(true)}>
          {isOn ? 'Switch off' : 'Switch on'}
        </Button>
      }
      className="pb-1"
    >
      {asking && (
        <Confirm
          open
          onOpenChange={setAsking}
          title={isOn ? 'Switch passwords off' : 'Switch passwords on'}
          consequences={
            isOn ? (
              <ul>
                <li>Nobody signs in with a password any more; whoever has no other way in is shut out.</li>
                <li>
                  Who is signed in now stays signed in. Passwords are kept: they work again when this is on.
                </li>
                <li>It is refused while no owner signs in by an identity provider.</li>
              </ul>
            ) : (
              <p>
                People who have a password may sign in with it again, and invitations offer to choose one.
              </p>
            )
          }
          action={isOn ? 'Switch off' : 'Switch on'}
          onConfirm={async () => {
            await setPasswords(!isOn)
            toast.done(isOn ? 'Passwords are off' : 'Passwords are on')
          }}
        />
      )}
    </Section>
  )
}

const NO_OTHER_WAY = {
  yes: false,
  why: 'Connect an identity provider first: it is the only way in.',
} as const
