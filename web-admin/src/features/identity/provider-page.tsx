//! One identity provider: what to enter there, whether it works, its settings, its end.

import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { identityProvider } from '@/api/queries'
import type { IdentityProvider } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { Page } from '@/components/page'
import { ProblemPanel } from '@/components/problem'
import { Section, SectionBody } from '@/components/section'
import { Button } from '@/components/ui/button'
import { CopyLine } from '@/components/ui/copy'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { count, listed } from '@/lib/count'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { useProviderActions } from './actions'
import { ProviderFields } from './provider-form'
import { formOf, providerPatch } from './provider-values'
import { ProviderBadges } from './providers-page'
import { TrialSteps } from './trial'

const route = getRouteApi('/$tenant/identity/providers/$provider')

export function ProviderPage() {
  const { tenant, provider: id } = route.useParams()
  const { data: provider } = useSuspenseQuery(identityProvider(tenant, id))
  const may = can.manageIdentity(useSession())
  const { update } = useProviderActions()
  const [asked, ask] = useState<'toggle' | 'delete'>()
  return (
    <Page
      title={provider.label}
      back={{ ...paths.identity(tenant), children: 'Sign-in' }}
      description={<span className="break-all">{provider.issuer}</span>}
      aside={<ProviderBadges provider={provider} />}
      width="narrow"
      actions={
        <>
          <Button kind="danger-quiet" may={may} onClick={() => ask('delete')}>
            Remove
          </Button>
          <Button may={may} onClick={() => ask('toggle')}>
            {provider.enabled ? 'Switch off' : 'Switch on'}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <Section
          title="Enter these at the provider"
          description="In the settings of the web application there."
        >
          <SectionBody className="grid gap-3">
            <Url label="Redirect URI" text={provider.urls.redirect_uri} />
            <Url label="Post-logout redirect URI" text={provider.urls.post_logout_redirect_uri} />
            <Url
              label="Back-channel logout URI"
              text={provider.urls.backchannel_logout_uri}
              hint="If the provider has it: who signs out there is signed out here within seconds."
            />
          </SectionBody>
        </Section>
        <TrySaved provider={provider} />
        <Section
          title="Settings"
          description={
            may.yes
              ? 'People who are signed in stay signed in.'
              : `You see them, and change nothing. ${may.why}`
          }
        >
          <SectionBody>
            <fieldset disabled={!may.yes} className="min-w-0">
              <ProviderFields
                key={provider.updated_at}
                start={formOf(provider)}
                isSaved
                hasSecret={provider.has_client_secret}
                action="Save"
                onSave={async form => {
                  await update(provider.id, providerPatch(form, provider))
                  toast.done('Saved')
                }}
              />
            </fieldset>
          </SectionBody>
        </Section>
      </div>
      <Questions provider={provider} asked={asked} onClose={() => ask(undefined)} />
    </Page>
  )
}

const Url = ({ label, text, hint }: { label: string; text: string; hint?: string }) => (
  <div className="min-w-0">
    <p className="mb-1 font-medium text-[0.8125rem]">{label}</p>
    <CopyLine text={text} label={`Copy the ${label}`} />
    {hint && <p className="mt-1 text-[0.8125rem] text-quiet">{hint}</p>}
  </div>
)

function TrySaved({ provider }: { provider: IdentityProvider }) {
  const may = can.manageIdentity(useSession())
  const { trySaved } = useProviderActions()
  const trial = useMutation({ mutationFn: () => trySaved(provider.id) })
  return (
    <Section
      title="Test"
      description="Reads its documents and keys, and shows it the client id and secret. Nobody is signed in."
      actions={
        <Button size="sm" may={may} busy={trial.isPending} onClick={() => trial.mutate()}>
          Test now
        </Button>
      }
      className="pb-1"
    >
      {trial.isError && (
        <SectionBody>
          <ProblemPanel error={trial.error} />
        </SectionBody>
      )}
      {trial.data && (
        <SectionBody>
          <TrialSteps trial={trial.data} />
        </SectionBody>
      )}
    </Section>
  )
}

type QuestionsProps = {
  provider: IdentityProvider
  asked: 'toggle' | 'delete' | undefined
  onClose: () => void
}

function Questions({ provider, asked, onClose }: QuestionsProps) {
  const tenant = useTenant()
  const navigate = useNavigate()
  const { update, remove } = useProviderActions()
  const { label, enabled, id } = provider
  if (asked === 'toggle') {
    return (
      <Confirm
        open
        onOpenChange={onClose}
        title={enabled ? `Switch ${label} off` : `Switch ${label} on`}
        consequences={
          enabled ? (
            <ul>
              <li>Nobody signs in by it any more. Who is signed in now stays signed in.</li>
              <li>Tokens that were kept are deleted, and clients that came by its assertions end.</li>
            </ul>
          ) : (
            <p>It is a button of the sign-in page again.</p>
          )
        }
        action={enabled ? 'Switch off' : 'Switch on'}
        onConfirm={() => update(id, { enabled: !enabled })}
      />
    )
  }
  if (asked !== 'delete') return null
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Remove ${label}`}
      consequences={
        <ul>
          <li>Everybody who signs in by it loses that way in, and is signed out of every browser now.</li>
          <li>Memberships in groups that it gave are taken back; clients that came by its assertions end.</li>
          <li>
            The people stay. If you add it again, they count as new unless SCIM or an invitation knows them.
          </li>
        </ul>
      }
      action="Remove"
      word={label}
      onConfirm={async () => {
        const gone = await remove(id)
        const parts = [count(gone.identities, 'account'), count(gone.sessions, 'browser session')]
        toast.done(`${label} is removed, with ${listed(parts)}`)
        await navigate({ ...paths.identity(tenant), replace: true })
      }}
    />
  )
}
