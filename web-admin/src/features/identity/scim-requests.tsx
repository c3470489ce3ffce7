//! What identity providers sent last, and what they were answered: the first place to look when something is missing.

import { useInfiniteQuery } from '@tanstack/react-query'
import { RefreshCw } from 'lucide-react'
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
      <span className="flex items-center gap-2">
        <Badge tone={answerTone(request)} className="tabular-nums">
          {status}
        </Badge>
        <span className="min-w-0 truncate font-mono text-xs">
          {method} {path}
        </span>
      </span>
      <span className="mt-0.5 block text-quiet text-xs">
        <Time at={at} /> · {duration_ms} ms
        {detail && ` · ${detail}`}
      </span>
    </>
  )
  if (!body && !detail) return <div className="min-w-0 flex-1">{line}</div>
  return (
    <details className="min-w-0 flex-1">
      <summary className="list-none rounded-md [&::-webkit-details-marker]:hidden [&>span]:hover:text-text">
        {line}
      </summary>
      <p className="mt-2 break-all font-mono text-xs">{path}</p>
      {detail && <p className="mt-2 break-words">{detail}</p>}
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
