//! One tenant, as operators see it: what it may, who comes in as its owner, its keys and its end.

import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { tenantBySlug } from '@/api/queries'
import type { Tenant } from '@/api/types'
import { Page } from '@/components/page'
import { Fact, Facts, Section } from '@/components/section'
import { CopyCode } from '@/components/ui/copy'
import { Time } from '@/components/ui/time'
import { operations } from '@/lib/paths'
import { TenantEnd } from './tenant-end'
import { TenantForm } from './tenant-form'
import { TenantKeys } from './tenant-keys'
import { TenantOwners } from './tenant-owners'
import { valuesOf } from './tenant-values'
import { TenantBadge } from './tenant-words'

const route = getRouteApi('/system/tenants/$slug')

export function TenantPage() {
  const { slug } = route.useParams()
  const { data: tenant } = useSuspenseQuery(tenantBySlug(slug))
  const isGone = tenant.status === 'deleting'
  return (
    <Page
      title={tenant.display_name}
      back={{ ...operations.tenants(), children: 'Tenants' }}
      description={
        isGone
          ? 'Deleted: its secrets are destroyed, and everybody is refused. Its slug stays taken.'
          : `Its people sign in under /t/${tenant.slug}/.`
      }
      aside={<TenantBadge status={tenant.status} />}
      width="narrow"
    >
      <div className="grid gap-4">
        {!isGone && <TenantForm key={JSON.stringify(valuesOf(tenant))} tenant={tenant} />}
        {!isGone && <TenantOwners tenant={tenant} />}
        {!isGone && <TenantKeys tenant={tenant} />}
        <About tenant={tenant} />
        {!isGone && <TenantEnd tenant={tenant} />}
      </div>
    </Page>
  )
}

const About = ({ tenant }: { tenant: Tenant }) => (
  <Section title="About">
    <Facts>
      <Fact name="Slug">
        <CopyCode text={tenant.slug} label="Copy the slug" />
      </Fact>
      <Fact name="Issuer">
        <CopyCode text={tenant.issuer} label="Copy the issuer" />
      </Fact>
      <Fact name="Pool">{tenant.pool}</Fact>
      <Fact name="Region">{tenant.region}</Fact>
      <Fact name="Created">
        <Time at={tenant.created_at} />
      </Fact>
      <Fact name="Id">
        <CopyCode text={tenant.id} label="Copy the id" />
      </Fact>
    </Facts>
  </Section>
)
