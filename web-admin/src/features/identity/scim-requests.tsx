//! What identity providers sent last, and what they were answered: the first place to look when something is missing.

import { useInfiniteQuery } from '@tanstack/react-query'
import { ChevronRight, RefreshCw } from 'lucide-react'
import { scimRequestList } from '@/api/queries'
import type { ScimRequest } from '@/api/types'
import { Rows, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Time } from '@/components/ui/time'
import { useTenant } from '@/lib/session'
import { answerTone } from './words'

export function ScimRequests() {
  const query = useInfiniteQuery(scimRequestList(useTenant()))
  return (
    <Section
      title="Last requests"
      description="As they came, without passwords. 200 are kept."
      actions={
        <Button size="sm" busy={query.isRefetching} onClick={() => void query.refetch()}>
          {!query.isRefetching && <RefreshCw />}
          Refresh
        </Button>
      }
      className="min-w-0"
    >
      <Rows
        label="Last requests"
        query={query}
        rowId={({ at, method, path, token_id }) => `${at} ${method} ${path} ${token_id}`}
        empty="Nothing came yet. When the provider tests the connection, its requests appear here."
      >
        {request => <RequestRow request={request} />}
      </Rows>
    </Section>
  )
}

function RequestRow({ request }: { request: ScimRequest }) {
  const { method, path, status, at, duration_ms, detail, body } = request
  const line = (
    <>
      <span className="flex items-start gap-2">
        <Badge tone={answerTone(request)} className="tabular-nums">
          {status}
        </Badge>
        <span className="min-w-0 truncate pt-px font-mono text-xs group-open:whitespace-normal group-open:break-all">
          {method} {path}
        </span>
      </span>
      <span className="mt-0.5 block text-quiet text-xs">
        <Time at={at} /> · {duration_ms} ms
      </span>
      {detail && (
        <span className="wrap-anywhere mt-0.5 line-clamp-1 text-xs group-open:line-clamp-none">{detail}</span>
      )}
    </>
  )
  if (!body && !detail) return <div className="min-w-0 flex-1">{line}</div>
  return (
    <details className="group min-w-0 flex-1">
      <summary className="flex list-none items-center gap-2 rounded-md [&::-webkit-details-marker]:hidden">
        <span className="min-w-0 flex-1">{line}</span>
        <ChevronRight
          aria-hidden="true"
          className="size-4 shrink-0 text-quiet transition-transform group-open:rotate-90"
        />
      </summary>
      {body && (
        <pre className="mt-2 max-h-72 overflow-auto rounded-md border border-line bg-code p-3 font-mono text-xs">
          {pretty(body)}
        </pre>
      )}
    </details>
  )
}

/** Long ones are cut, and are no JSON any more. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
