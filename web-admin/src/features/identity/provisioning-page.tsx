//! How people come in: the mode, and what is missing for each.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, type LinkProps } from '@tanstack/react-router'
import { CircleAlert, CircleCheck } from 'lucide-react'
import { useForm } from 'react-hook-form'
import { domainList, identityProviders, scim } from '@/api/queries'
import type { Provisioning } from '@/api/types'
import { Form, RadioCards } from '@/components/form'
import { RowItem, RowList, RowText, Section, SectionBody } from '@/components/section'
import { Button } from '@/components/ui/button'
import { Skeleton } from '@/components/ui/skeleton'
import { toast } from '@/components/ui/toast'
import { can, type May } from '@/lib/can'
import { count, listed } from '@/lib/count'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { useTenantActions } from './actions'
import { IdentityFrame } from './identity-frame'
import { MODES } from './words'

const route = getRouteApi('/$tenant/identity/provisioning')

export function ProvisioningPage() {
  const { tenant } = route.useParams()
  const session = useSession()
  const may = can.readProvisioning(session)
  const domains = useInfiniteQuery({ ...domainList(tenant), enabled: may.yes })
  const verified = domains.data?.pages
    .flatMap(page => page.items)
    .filter(domain => domain.status !== 'pending')
    .map(domain => domain.name)
  return (
    <IdentityFrame
      tab="Provisioning"
      description="How somebody new gets an account. People who have one keep it."
      may={may}
    >
      <div className="grid max-w-3xl gap-4">
        <Mode verified={verified} key={session.tenant.settings.provisioning} />
        <Foundations tenant={tenant} verified={verified} />
      </div>
    </IdentityFrame>
  )
}

/** `verified`: not known yet if absent. */
function Mode({ verified }: { verified: string[] | undefined }) {
  const session = useSession()
  const { setProvisioning } = useTenantActions()
  const may = can.manageTenant(session)
  const now = session.tenant.settings.provisioning ?? 'invitation'
  const form = useForm<{ provisioning: Provisioning }>({ defaultValues: { provisioning: now } })
  const isChanged = form.watch('provisioning') !== now
  const options = (Object.keys(MODES) as Provisioning[]).map(value => ({
    value,
    label: MODES[value].label,
    hint: MODES[value].hint,
    may: value === now ? ({ yes: true } as May) : mayChoose(value, verified, may),
  }))
  return (
    <Section
      title="Mode"
      description="Invitations work in every mode, and who has a SCIM token may push in every mode."
    >
      <SectionBody>
        <Form
          form={form}
          onSubmit={async ({ provisioning }) => {
            await setProvisioning(provisioning)
            toast.done(`People come in: ${MODES[provisioning].label.toLowerCase()}`)
          }}
          fieldOf={field => (field === 'settings.provisioning' ? 'provisioning' : field)}
          actions={({ busy }) =>
            may.yes ? (
              <Button type="submit" kind="primary" busy={busy} disabled={!isChanged}>
                Save
              </Button>
            ) : (
              <p className="text-quiet">{may.why}</p>
            )
          }
        >
          <RadioCards name="provisioning" label="Somebody new gets in" options={options} />
        </Form>
      </SectionBody>
    </Section>
  )
}

function mayChoose(mode: Provisioning, verified: string[] | undefined, may: May): May {
  if (!may.yes) return may
  if (mode === 'jit' && verified?.length === 0) {
    return {
      yes: false,
      why: 'Not possible yet: verify an e-mail domain first. It says whose addresses are yours.',
    }
  }
  return { yes: true }
}

/** What the modes stand on, and whether it is there. */
function Foundations({ tenant, verified }: { tenant: string; verified: string[] | undefined }) {
  const { data: pushed } = useQuery(scim(tenant))
  const providers = useQuery(identityProviders(tenant))
  const all = providers.data?.items
  const on = all?.filter(provider => provider.enabled).map(provider => provider.label)
  const source = all?.find(provider => provider.scim_source)?.label
  return (
    <Section
      title="What they stand on"
      description="The first sign-in needs the first two, SCIM needs all but the second."
    >
      <RowList label="What they stand on">
        <Foundation
          title="An identity provider"
          state={on && (on.length > 0 ? `${listed(on)}: on` : undefined)}
          isKnown={on !== undefined}
          missing="Nobody signs in by a provider yet."
          link={paths.identity(tenant)}
        />
        <Foundation
          title="A verified domain"
          state={verified && (verified.length > 0 ? listed(verified) : undefined)}
          isKnown={verified !== undefined}
          missing="No domain is verified yet."
          link={paths.domains(tenant)}
        />
        <Foundation
          title="A SCIM token"
          state={pushed && pushed.tokens > 0 ? scimWords(pushed) : undefined}
          isKnown={pushed !== undefined}
          missing="Nobody may push people yet."
          link={paths.scim(tenant)}
        />
        <Foundation
          title="A provider that is the source of SCIM"
          state={source}
          isKnown={all !== undefined}
          missing="None is marked: people who are pushed are not recognised when they sign in."
          link={paths.identity(tenant)}
        />
      </RowList>
    </Section>
  )
}

const scimWords = ({ tokens, users, groups }: { tokens: number; users: number; groups: number }) =>
  `${count(tokens, 'token')}; ${count(users, 'person', 'people')} and ${count(groups, 'group')} were pushed`

type FoundationProps = {
  title: string
  state: string | undefined
  isKnown: boolean
  missing: string
  link: LinkProps
}

function Foundation({ title, state, isKnown, missing, link }: FoundationProps) {
  return (
    <RowItem>
      {state ? (
        <CircleCheck aria-label="There" className="size-4.5 shrink-0 text-accent" />
      ) : (
        <CircleAlert aria-label="Missing" className="size-4.5 shrink-0 text-quiet" />
      )}
      <RowText title={title}>{isKnown ? (state ?? missing) : <Skeleton className="mt-1 h-3 w-40" />}</RowText>
      <Button size="sm" asChild>
        <Link {...link}>{state ? 'See' : 'Set up'}</Link>
      </Button>
    </RowItem>
  )
}
