//! SCIM: where an identity provider connects, with which token, how it is set up, and what it sent.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { identityProviders, scim } from '@/api/queries'
import { ProblemPanel } from '@/components/problem'
import { Fact, Facts, Section, SectionBody } from '@/components/section'
import { CopyLine } from '@/components/ui/copy'
import { Skeleton } from '@/components/ui/skeleton'
import { can } from '@/lib/can'
import { count } from '@/lib/count'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { IdentityFrame } from './identity-frame'
import { ScimGuide } from './scim-guide'
import { ScimRequests } from './scim-requests'
import { ScimTokens } from './scim-tokens'
import { MODES } from './words'

const route = getRouteApi('/$tenant/identity/scim')

export function ScimPage() {
  const { tenant } = route.useParams()
  const { guide } = route.useSearch()
  const navigate = route.useNavigate()
  const may = can.readProvisioning(useSession())
  return (
    <IdentityFrame
      tab="SCIM"
      description="Your identity provider pushes people and groups; whoever leaves there is locked out here."
      may={may}
    >
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-2">
        <div className="grid min-w-0 gap-4">
          <Overview tenant={tenant} />
          <ScimTokens />
          <ScimGuide
            guide={guide ?? 'okta'}
            onChange={guide =>
              void navigate({ search: { guide: guide === 'entra' ? guide : undefined }, replace: true })
            }
          />
        </div>
        <ScimRequests />
      </div>
    </IdentityFrame>
  )
}

function Overview({ tenant }: { tenant: string }) {
  const query = useQuery(scim(tenant))
  const providers = useQuery(identityProviders(tenant))
  const source = providers.data?.items.find(provider => provider.scim_source)
  if (query.isError) return <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />
  const { data } = query
  return (
    <Section
      title="Connection"
      description="What to enter at the identity provider, and what came from there."
    >
      <SectionBody>
        <p className="mb-1 font-medium text-[0.8125rem]">Base URL</p>
        {data ? (
          <CopyLine text={data.base_url} label="Copy the base URL" />
        ) : (
          <Skeleton className="h-9.5 w-full" />
        )}
      </SectionBody>
      <Facts>
        <Fact name="Pushed">
          {data ? (
            `${count(data.users, 'person', 'people')}, ${count(data.groups, 'group')}`
          ) : (
            <Skeleton className="my-1 h-3.5 w-40" />
          )}
        </Fact>
        <Fact name="People come in">
          {data && (
            <Link {...paths.provisioning(tenant)} className="link">
              {MODES[data.provisioning].label}
            </Link>
          )}
        </Fact>
        <Fact name="They sign in by">
          {source ? (
            <Link {...paths.identityProvider(tenant, source.id)} className="link">
              {source.label}
            </Link>
          ) : (
            providers.isSuccess && (
              <span className="text-quiet">
                No provider is marked as the source of SCIM: people who are pushed are not recognised when
                they sign in.{' '}
                <Link {...paths.identity(tenant)} className="link">
                  Mark one
                </Link>
              </span>
            )
          )}
        </Fact>
      </Facts>
    </Section>
  )
}
