//! The call log as it grows. New calls come on top while the reader is there, and wait while they are further down.

import { useInfiniteQuery } from '@tanstack/react-query'
import { ArrowUp, Radio } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { callList } from '@/api/queries'
import { DataTable } from '@/components/data-table'
import { EmptyState } from '@/components/page'
import { Button } from '@/components/ui/button'
import { cn } from '@/lib/cn'
import { useTenant } from '@/lib/session'
import { plural } from '@/lib/units'
import { callColumns } from './call-columns'
import { type CallSearch, tailOf } from './search'
import { FOLLOWED_MAX, merged, type TailState } from './tail-state'
import { useTail } from './use-tail'

/** Further down than this, somebody reads. */
const TOP_PX = 120

/** Of one search: another one mounts anew. */
export function LiveCalls({ search }: { search: CallSearch }) {
  const tenant = useTenant()
  const isDown = useIsDown()
  const state = useTail(tenant, search, isDown)
  const query = useInfiniteQuery(callList(tenant, tailOf(search)))
  const columns = useMemo(() => callColumns(tenant), [tenant])
  const { calls, isFull } = state
  const shown = useMemo(() => {
    if (!query.data) return query
    const listed = isFull ? [] : query.data.pages.flatMap(page => page.items)
    return { ...query, data: { ...query.data, pages: [{ items: [...merged(calls, listed)] }] } }
  }, [query, calls, isFull]) as typeof query
  return (
    <>
      <LiveStatus state={state} />
      {state.held.length > 0 && (
        <div className="sticky top-16 z-10 mb-2 flex justify-center">
          <Button
            size="sm"
            kind="primary"
            className="rounded-full shadow-float"
            onClick={() => window.scrollTo({ top: 0 })}
          >
            <ArrowUp /> {plural(state.held.length, 'new call')}
          </Button>
        </div>
      )}
      <DataTable
        noun={['call', 'calls']}
        query={shown}
        columns={columns}
        rowId={call => call.id}
        empty={<Waiting />}
      />
    </>
  )
}

function LiveStatus({ state }: { state: TailState }) {
  const { words, tone } = statusWords(state.status)
  const missed = [
    state.dropped > 0 && `${plural(state.dropped, 'call')} came too fast to be shown.`,
    state.isUnsure && 'Some calls may be missing.',
    state.isFull && `The newest ${FOLLOWED_MAX.toLocaleString('en')} are shown.`,
  ].filter(Boolean)
  return (
    <p role="status" className="mb-3 flex flex-wrap items-center gap-x-2 text-quiet text-[0.8125rem]">
      <span
        aria-hidden="true"
        className={cn(
          'size-2 rounded-full',
          tone === 'good' ? 'animate-skeleton bg-accent' : 'bg-warning-line',
        )}
      />
      {words}
      {missed.length > 0 && (
        <span className="text-warning-text">{missed.join(' ')} Turn Live off to see the whole list.</span>
      )}
    </p>
  )
}

function statusWords(status: TailState['status']): { words: string; tone: 'good' | 'warning' } {
  switch (status.is) {
    case 'live':
      return { words: 'Live: calls appear as they are stored.', tone: 'good' }
    case 'connecting':
      return { words: 'Connecting…', tone: 'warning' }
    case 'waiting':
      return {
        words: `The connection broke. Trying again in ${plural(status.seconds, 'second')}…`,
        tone: 'warning',
      }
    case 'polling':
      return { words: `${status.why} The list is refreshed every 10 seconds instead.`, tone: 'warning' }
    case 'ended':
      return { words: status.words, tone: 'warning' }
  }
}

function useIsDown(): boolean {
  const [isDown, setIsDown] = useState(false)
  useEffect(() => {
    const look = () => setIsDown(window.scrollY > TOP_PX)
    look()
    window.addEventListener('scroll', look, { passive: true })
    return () => window.removeEventListener('scroll', look)
  }, [])
  return isDown
}

const Waiting = () => (
  <EmptyState icon={<Radio />} title="Waiting for the first call">
    Nothing fits these filters yet. Call a tool from your IDE: it appears here at once.
  </EmptyState>
)
