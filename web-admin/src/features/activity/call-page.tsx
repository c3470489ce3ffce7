//! One call: how it ended and why, what to do, where the time went, and how to find it elsewhere.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { CircleAlert, CircleCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { call as callQuery, limitRule } from '@/api/queries'
import type { Call } from '@/api/types'
import { Fact, Facts } from '@/components/facts'
import { PartyName, ServerName } from '@/components/names'
import { Page } from '@/components/page'
import { Card } from '@/components/ui/card'
import { CopyButton } from '@/components/ui/copy'
import { Time } from '@/components/ui/time'
import { adviceOf, calledWhat, FAULT_WORDS, OUTCOME_WORDS, timing } from '@/lib/call-words'
import { can } from '@/lib/can'
import { shortId } from '@/lib/names'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { exact } from '@/lib/time'
import { bytes, share, took } from '@/lib/units'
import { OutcomeBadge } from './call-columns'
import type { CallSearch } from './search'

const route = getRouteApi('/$tenant/activity/calls/$call')

export function CallPage() {
  const { tenant, call: id } = route.useParams()
  const { data: call } = useSuspenseQuery(callQuery(tenant, id))
  const { name } = calledWhat(call)
  return (
    <Page
      title={name}
      tab={`${name} · Calls`}
      aside={<OutcomeBadge outcome={call.outcome} />}
      description={
        <>
          <ServerName id={call.server_id} />, <Time at={call.started_at} /> ({exact(call.started_at)})
        </>
      }
      back={{ ...paths.calls(tenant), children: 'Calls' }}
    >
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
        <div className="space-y-4">
          <HowItEnded call={call} />
          <TimeSplit call={call} />
          <LimitsCard tenant={tenant} call={call} />
        </div>
        <CallFacts tenant={tenant} call={call} />
      </div>
    </Page>
  )
}

function HowItEnded({ call }: { call: Call }) {
  const advice = adviceOf(call)
  if (!advice) {
    return (
      <Card className="flex items-center gap-2.5 p-4">
        <CircleCheck aria-hidden="true" className="size-5 shrink-0 text-accent" />
        {OUTCOME_WORDS.ok.what}
      </Card>
    )
  }
  return (
    <Card className="p-4">
      <h2 className="flex items-start gap-2.5 font-semibold">
        <CircleAlert aria-hidden="true" className="mt-px size-5 shrink-0 text-warning-text" />
        {advice.what}
      </h2>
      <p className="mt-1.5 pl-7.5">{advice.todo}</p>
      <dl className="mt-3 flex flex-wrap gap-x-6 gap-y-1 pl-7.5 text-quiet">
        <div className="flex gap-1.5">
          <dt>Fault:</dt>
          <dd className="text-text">{FAULT_WORDS[call.fault]}</dd>
        </div>
        {call.error_reason !== '' && (
          <div className="flex gap-1.5">
            <dt>Reason:</dt>
            <dd>
              <code className="rounded bg-code px-1.5 py-0.5 font-mono text-text text-xs">
                {call.error_reason}
              </code>
            </dd>
          </div>
        )}
      </dl>
    </Card>
  )
}

function TimeSplit({ call }: { call: Call }) {
  const { total, upstream, gateway } = timing(call)
  return (
    <Card className="p-4">
      <h2 className="flex items-baseline justify-between gap-4">
        <span className="font-semibold">Time</span>
        <span className="font-semibold text-lg tabular-nums">{took(total)}</span>
      </h2>
      <div aria-hidden="true" className="mt-3 flex h-2.5 gap-0.5 overflow-hidden rounded-full bg-line">
        {upstream > 0 && <span className="bg-series-1" style={{ width: share(upstream, total) }} />}
        <span className="flex-1 bg-series-2" />
      </div>
      <dl className="mt-3 grid gap-2">
        <Part
          swatch="bg-series-1"
          name={upstream === 0 ? 'At the server: it was not reached' : 'At the server'}
          us={upstream}
          total={total}
        />
        <Part swatch="bg-series-2" name="In the gateway" us={gateway} total={total} />
      </dl>
    </Card>
  )
}

const Part = (props: { swatch: string; name: string; us: number; total: number }) => (
  <div className="flex items-center gap-2">
    <span aria-hidden="true" className={`size-2.5 rounded-sm ${props.swatch}`} />
    <dt>{props.name}</dt>
    <dd className="ml-auto shrink-0 tabular-nums">
      {took(props.us)}{' '}
      <span className="inline-block w-12 text-right text-quiet">{share(props.us, props.total)}</span>
    </dd>
  </div>
)

function LimitsCard({ tenant, call }: { tenant: string; call: Call }) {
  const mayRead = can.readLimits(useSession()).yes
  return (
    <Card>
      <h2 className="px-4 pt-4 pb-2 font-semibold">Limits that it fell under</h2>
      {call.rule_ids.length === 0 ? (
        <p className="px-4 pb-4 text-quiet">None: it was not counted.</p>
      ) : (
        <ul className="divide-y divide-line">
          {call.rule_ids.map(id => (
            <li key={id} className="px-4 py-2.5">
              {mayRead ? (
                <LimitLink tenant={tenant} id={id} />
              ) : (
                <code className="font-mono text-xs">{id}</code>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function LimitLink({ tenant, id }: { tenant: string; id: string }) {
  const { data, isError } = useQuery({ ...limitRule(tenant, id), retry: false })
  if (isError) return <span className="text-quiet">A limit that is gone: {shortId(id)}</span>
  return (
    <Link {...paths.limit(tenant, id)} className="link">
      {data?.name ?? shortId(id)}
    </Link>
  )
}

function CallFacts({ tenant, call }: { tenant: string; call: Call }) {
  const { name, version, client_id, api_key_id, protocol } = call.client
  const like = (search: CallSearch, words: ReactNode) => (
    <Link {...paths.calls(tenant)} search={search} className="link">
      {words}
    </Link>
  )
  return (
    <Card className="overflow-hidden py-1">
      <h2 className="sr-only">What is known</h2>
      <Facts>
        <Fact name="Who">
          {like({ principal: call.principal.id }, <PartyName id={call.principal.id} />)}
          {call.principal.kind === 'service_account' && (
            <span className="text-quiet"> · service account</span>
          )}
        </Fact>
        <Fact name="Client">
          {name === '' ? <span className="text-quiet">It did not say</span> : like({ client: name }, name)}
          {version && <span className="text-quiet"> {version}</span>}
        </Fact>
        <Fact name="Signed in by">
          {api_key_id ? (
            <>
              API key <Code text={api_key_id} />
            </>
          ) : (
            <>
              OAuth client <Code text={client_id} />
            </>
          )}
        </Fact>
        <Fact name="Server">
          <Link {...paths.server(tenant, call.server_id)} className="link">
            <ServerName id={call.server_id} />
          </Link>
        </Fact>
        {call.member_id && (
          <Fact name="Member">
            <Link {...paths.server(tenant, call.member_id)} className="link">
              <ServerName id={call.member_id} />
            </Link>
          </Fact>
        )}
        <Fact name="Method">
          {like({ method: call.method }, <span className="font-mono text-xs">{call.method}</span>)}
        </Fact>
        {call.target !== '' && (
          <Fact name={call.method === 'tools/call' ? 'Tool' : 'Target'}>
            {call.method === 'tools/call' ? like({ tool: call.target }, call.target) : call.target}
          </Fact>
        )}
        <Fact name="MCP revision">
          {protocol || 'Unknown'} with the client
          {call.upstream_protocol && `, ${call.upstream_protocol} with the server`}
        </Fact>
        <Fact name="In and out">
          {bytes(call.bytes_in)} in, {bytes(call.bytes_out)} out
        </Fact>
        <Fact name="Node">{call.node_id}</Fact>
        <Fact name="Trace id">
          <Code text={call.trace_id} copy="Copy the trace id" />
        </Fact>
        <Fact name="Call id">
          <Code text={call.id} copy="Copy the call id" />
        </Fact>
      </Facts>
    </Card>
  )
}

const Code = ({ text, copy }: { text: string; copy?: string }) => (
  <span className="inline-flex max-w-full items-center gap-0.5">
    <code className="min-w-0 break-all font-mono text-xs">{text}</code>
    {copy && <CopyButton text={text} label={copy} className="-my-1.5 size-7 max-md:-my-2.5" />}
  </span>
)
