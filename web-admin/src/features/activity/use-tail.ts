//! Follows the calls as they are stored: opens the stream, opens it again with growing patience, looks into the list for
//! what came between, and asks the list by itself where there is no stream.

import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useReducer, useRef } from 'react'
import { newestCalls } from '@/api/queries'
import { openTail } from '@/api/tail'
import { files } from '@/lib/paths'
import { type CallSearch, tailOf } from './search'
import { delayMs, endWords, nothingYet, refusalWords, tailReducer } from './tail-state'

const POLL_MS = 10_000
/** After so long open, a stream that breaks is a new story. */
const SETTLED_MS = 60_000

/** `search` must not change while mounted: whoever changes it mounts anew (`key`). */
export function useTail(tenant: string, search: CallSearch, isPaused: boolean) {
  const [state, dispatch] = useReducer(tailReducer, nothingYet)
  const paused = useRef(isPaused)
  paused.current = isPaused
  const client = useQueryClient()
  const [filter] = useReducer(before => before, tailOf(search))
  const [address] = useReducer(before => before, files.tail(tenant, filter))

  const lookUp = useCallback(async () => {
    const page = await client.fetchQuery(newestCalls(tenant, filter)).catch(() => undefined)
    if (page) dispatch({ type: 'came', calls: page.items, isPaused: paused.current })
  }, [client, tenant, filter])

  useEffect(() => {
    let close = () => {}
    let timer: ReturnType<typeof setTimeout> | undefined
    let attempt = 0
    let openedAt = 0
    const poll = (why: string) => {
      dispatch({ type: 'status', status: { is: 'polling', why } })
      void lookUp()
      timer = setInterval(() => void lookUp(), POLL_MS)
    }
    const again = () => {
      if (openedAt > 0 && Date.now() - openedAt > SETTLED_MS) attempt = 0
      openedAt = 0
      const wait = delayMs(attempt, Math.random())
      attempt += 1
      dispatch({ type: 'status', status: { is: 'waiting', seconds: Math.ceil(wait / 1_000) } })
      timer = setTimeout(open, wait)
    }
    const open = () => {
      dispatch({ type: 'status', status: { is: 'connecting' } })
      close = openTail(address, {
        onOpen: () => {
          openedAt = Date.now()
          dispatch({ type: 'status', status: { is: 'live' } })
          void lookUp()
        },
        onCall: call => dispatch({ type: 'came', calls: [call], isPaused: paused.current }),
        onDropped: count => {
          dispatch({ type: 'dropped', count })
          void lookUp()
        },
        onEnd: reason => {
          const words = endWords(reason)
          if (words === undefined) again()
          else dispatch({ type: 'status', status: { is: 'ended', words } })
        },
        onBroken: ({ status }) => {
          const words = refusalWords(status)
          if (words === undefined) again()
          else poll(words)
        },
      })
    }
    open()
    return () => {
      close()
      clearTimeout(timer)
      clearInterval(timer)
    }
  }, [address, lookUp])

  // Back at the top: what was held comes in.
  useEffect(() => {
    if (!isPaused) dispatch({ type: 'released' })
  }, [isPaused])
  return state
}
