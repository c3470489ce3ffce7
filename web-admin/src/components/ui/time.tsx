import { useSyncExternalStore } from 'react'
import { exact, relative } from '@/lib/time'

const TICK_MS = 15_000

// One clock for all times on a page.
let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void) {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const tick of listeners) tick()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The same in a column beside what matters more. */
export const QuietTime = ({ at, otherwise = '—' }: { at: string | null | undefined; otherwise?: string }) => (
  <span className="text-quiet">{at ? <Time at={at} /> : otherwise}</span>
)

/** How long ago, with the exact time behind it. */
export function Time({ at }: { at: string }) {
  const present = useSyncExternalStore(subscribe, () => now)
  // A row may be younger than the last tick.
  return (
    <time dateTime={at} title={exact(at)} className="whitespace-nowrap">
      {relative(at, Math.max(present, Math.min(Date.parse(at), Date.now())))}
    </time>
  )
}
