//! One call after another of a server through the gateway, each of which can be given up.

import { useEffect, useRef, useState } from 'react'
import { tryServer } from '@/api/playground'
import type { TryAnswer, TryBody } from '@/api/types'
import { useServer } from '@/lib/server'

export type Run =
  | { state: 'idle' }
  | { state: 'running' }
  /** Nobody knows whether the server has done it. */
  | { state: 'cancelled' }
  | { state: 'answered'; answer: TryAnswer }
  | { state: 'failed'; error: unknown }

export function useTry() {
  const { tenant, server } = useServer()
  const [run, setRun] = useState<Run>({ state: 'idle' })
  const current = useRef<AbortController>(undefined)
  useEffect(() => () => current.current?.abort(), [])
  const start = async (body: TryBody) => {
    current.current?.abort()
    const mine = new AbortController()
    current.current = mine
    setRun({ state: 'running' })
    const next = await tryServer(tenant, server.id, body, mine.signal).then(
      (answer): Run => ({ state: 'answered', answer }),
      (error: unknown): Run => ({ state: 'failed', error }),
    )
    // Whoever gave it up, or ran another, waits for something else.
    if (!mine.signal.aborted) setRun(next)
  }
  const cancel = () => {
    current.current?.abort()
    setRun({ state: 'cancelled' })
  }
  return { run, start, cancel }
}
