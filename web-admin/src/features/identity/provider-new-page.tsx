//! Connects an identity provider.

import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import { EmptyState, Page } from '@/components/page'
import { Section, SectionBody } from '@/components/section'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { useProviderActions } from './actions'
import { ProviderFields } from './provider-form'
import { newForm, newProvider } from './provider-values'

const route = getRouteApi('/$tenant/identity/providers/new')

export function ProviderNewPage() {
  const { tenant } = route.useParams()
  const navigate = useNavigate()
  const may = can.manageIdentity(useSession())
  const { create, tryTyped } = useProviderActions()
  return (
    <Page
      title="Add an identity provider"
      back={{ ...paths.identity(tenant), children: 'Sign-in' }}
      description="At the provider, make a web application that uses the authorization code flow, and take its client id and secret. Once it is saved here, you get the redirect URI to enter there."
      width="narrow"
    >
      {may.yes ? (
        <Section title="The provider">
          <SectionBody>
            <ProviderFields
              start={newForm()}
              action="Save and go on"
              onSave={async form => {
                const saved = await create(newProvider(form))
                toast.done(`${saved.label} is connected`)
                await navigate(paths.identityProvider(tenant, saved.id))
              }}
              onTry={form => tryTyped(newProvider(form))}
            />
          </SectionBody>
        </Section>
      ) : (
        <EmptyState icon={<Lock />} title="Not for your role">
          {may.why}
        </EmptyState>
      )}
    </Page>
  )
}
