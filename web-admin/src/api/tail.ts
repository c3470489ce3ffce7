//! The stream of calls as they are stored. The browser's EventSource says nothing about why a stream was refused, so
//! that is asked once more, and the answer is thrown away.

import type { Call } from './types'

/** Why there is no stream now. `status` is 0 if nothing answered, or if a stream that was open broke. */
export type Broken = { status: number }

type Listener = {
  /** From now on every call is shown. */
  onOpen: () => void
  onCall: (call: Call) => void
  /** So many calls were not shown; null: nobody knows how many. */
  onDropped: (count: number | null) => void
  /** The last word of the control plane. */
  onEnd: (reason: string) => void
  onBroken: (broken: Broken) => void
}

/** Opens the stream once; whoever wants it back opens it again. Gives back how to close it. */
export function openTail(address: string, listener: Listener): () => void {
  const source = new EventSource(address)
  const refusal = new AbortController()
  let isOver = false
  const finish = (say: () => void) => {
    if (isOver) return
    isOver = true
    source.close()
    say()
  }
  const on = (name: string, hear: (data: unknown) => void) =>
    source.addEventListener(name, event => {
      // The browser has events of the same names, without data.
      if (!(event instanceof MessageEvent)) return
      const data = parse(event.data)
      if (data !== undefined) hear(data)
    })
  on('open', () => listener.onOpen())
  on('call', data => listener.onCall(data as Call))
  on('dropped', data => listener.onDropped((data as { count: number | null }).count))
  on('end', data => finish(() => listener.onEnd((data as { reason: string }).reason)))
  source.onerror = () => {
    const wasRefused = source.readyState === EventSource.CLOSED
    source.close()
    if (!wasRefused) return finish(() => listener.onBroken({ status: 0 }))
    void statusOf(address, refusal.signal).then(status => finish(() => listener.onBroken({ status })))
  }
  return () => {
    isOver = true
    source.close()
    refusal.abort()
  }
}

async function statusOf(address: string, signal: AbortSignal): Promise<number> {
  try {
    const answer = await fetch(address, { signal, headers: { accept: 'text/event-stream' } })
    void answer.body?.cancel()
    return answer.ok ? 0 : answer.status
  } catch {
    return 0
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
