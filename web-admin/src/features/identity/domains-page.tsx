//! E-mail domains: whose addresses are this organisation's, proved by a record in DNS.

import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AtSign, CircleAlert, Plus } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { domainList } from '@/api/queries'
import type { Domain } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { EmptyState } from '@/components/page'
import { ProblemPanel } from '@/components/problem'
import { RowsSkeleton, Section, SectionBody } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { CopyLine } from '@/components/ui/copy'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { explain } from '@/lib/problem'
import { useSession } from '@/lib/session'
import { useDomainActions } from './actions'
import { IdentityFrame } from './identity-frame'
import { DOMAIN_WORDS } from './words'

const route = getRouteApi('/$tenant/identity/domains')

export function DomainsPage() {
  const { tenant } = route.useParams()
  const session = useSession()
  const may = can.readDomains(session)
  const query = useInfiniteQuery({ ...domainList(tenant), enabled: may.yes })
  const [adding, setAdding] = useState(false)
  const domains = query.data?.pages.flatMap(page => page.items) ?? []
  const add = (
    <Button kind="primary" may={can.manageDomains(session)} onClick={() => setAdding(true)}>
      <Plus />
      Add a domain
    </Button>
  )
  return (
    <IdentityFrame
      tab="Domains"
      description="E-mail domains that are yours. They decide who may come in at a first sign-in."
      actions={add}
      may={may}
    >
      {query.isPending && <RowsSkeleton label="Domains" />}
      {query.isError && <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && domains.length === 0 && (
        <EmptyState icon={<AtSign />} title="Prove which addresses are yours" action={add}>
          Name a domain, publish one TXT record, and let Portway look for it. From then on, whoever signs in
          at your identity provider with an address in it can get an account by themselves.
        </EmptyState>
      )}
      <ul className="grid max-w-3xl gap-3">
        {domains.map(domain => (
          <li key={domain.id} className="min-w-0">
            <DomainCard domain={domain} />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button className="mt-4" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
      {adding && <AddDomain onClose={() => setAdding(false)} />}
    </IdentityFrame>
  )
}

function DomainCard({ domain }: { domain: Domain }) {
  const may = can.manageDomains(useSession())
  const { check, remove } = useDomainActions()
  const [asking, setAsking] = useState(false)
  const look = useMutation({
    mutationFn: () => check(domain.id),
    onSuccess: () => toast.done(`${domain.name} is verified`),
  })
  const { label, tone, what } = DOMAIN_WORDS[domain.status]
  const isVerified = domain.status === 'verified'
  return (
    <Section
      title={domain.name}
      description={
        <>
          <Badge tone={tone}>{label}</Badge>
          {domain.checked_at && (
            <span className="ml-2">
              looked for <Time at={domain.checked_at} />
            </span>
          )}
          {domain.lapses_at && (
            <span>
              {' '}
              · stops counting <Time at={domain.lapses_at} />
            </span>
          )}
        </>
      }
      actions={
        <>
          <Button
            size="sm"
            kind={isVerified ? 'secondary' : 'primary'}
            may={may}
            busy={look.isPending}
            onClick={() => look.mutate()}
          >
            Check now
          </Button>
          <Button size="sm" kind="danger-quiet" may={may} onClick={() => setAsking(true)}>
            Remove
          </Button>
        </>
      }
    >
      <SectionBody>
        <p className="text-quiet">{what}</p>
        {!isVerified && <DnsRecord {...domain.record} />}
        {look.isError && (
          <p role="alert" className="mt-3 flex gap-2 text-alert-text">
            <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
            <span className="wrap-anywhere min-w-0">{explain(look.error).what}</span>
          </p>
        )}
      </SectionBody>
      {asking && (
        <Confirm
          open
          onOpenChange={setAsking}
          title={`Remove ${domain.name}`}
          consequences={
            <ul>
              <li>Nobody new comes in with an address in it. People who have an account keep it.</li>
              <li>If you add it again, it needs a new record.</li>
            </ul>
          }
          action="Remove"
          word={domain.name}
          onConfirm={() => remove(domain.id)}
        />
      )}
    </Section>
  )
}

const DnsRecord = ({ type, name, value }: Domain['record']) => (
  <dl className="mt-3 grid gap-x-4 gap-y-2 sm:grid-cols-[4rem_minmax(0,1fr)] sm:items-center">
    <dt className="text-quiet">Type</dt>
    <dd className="font-mono text-[0.8125rem]">{type}</dd>
    <dt className="text-quiet">Name</dt>
    <dd className="min-w-0">
      <CopyLine text={name} label="Copy the name of the record" />
    </dd>
    <dt className="text-quiet">Value</dt>
    <dd className="min-w-0">
      <CopyLine text={value} label="Copy the value of the record" />
    </dd>
  </dl>
)

function AddDomain({ onClose }: { onClose: () => void }) {
  const { add } = useDomainActions()
  const form = useForm({ defaultValues: { name: '' } })
  return (
    <FormDialog
      title="Add a domain"
      description="You get a TXT record that proves that the domain is yours."
      form={form}
      onSubmit={async ({ name }) => {
        await add(name)
        onClose()
      }}
      onClose={onClose}
      fieldOfCode={{ 'domain.exists': 'name' }}
      action="Add"
    >
      <TextField
        name="name"
        label="Domain"
        code
        autoFocus
        placeholder="example.com"
        hint="What follows the @. Domains below it are others: add each."
        rule={text => (text.trim() ? undefined : 'A domain is needed')}
      />
    </FormDialog>
  )
}
