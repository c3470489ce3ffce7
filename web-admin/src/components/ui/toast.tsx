//! Short words about what was just done. Errors of forms do not come here: they stand beside the field.

import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { explain } from '@/lib/problem'
import { Button } from './button'

type Toast = { key: number; tone: 'good' | 'alert'; title: string; text: string | undefined }

const SHOWN_MS = { good: 4_000, alert: 12_000 }
const SHOWN_MAX = 3

let toasts: readonly Toast[] = []
let lastKey = 0
const listeners = new Set<() => void>()

function change(next: readonly Toast[]) {
  toasts = next
  for (const listener of listeners) listener()
}

const dismiss = (key: number) => change(toasts.filter(toast => toast.key !== key))

function show(tone: Toast['tone'], title: string, text?: string) {
  lastKey += 1
  const key = lastKey
  change([...toasts, { key, tone, title, text }].slice(-SHOWN_MAX))
  setTimeout(() => dismiss(key), SHOWN_MS[tone])
}

export const toast = {
  done: (title: string) => show('good', title),
  /** What went wrong, in the words of the one error translator. */
  failed: (error: unknown) => {
    const { title, what, todo, id } = explain(error)
    show('alert', title, [what, todo, id && `Id: ${id}`].filter(Boolean).join(' '))
  },
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <section
      aria-label="Notifications"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2"
    >
      {shown.map(({ key, tone, title, text }) => (
        <div
          key={key}
          role={tone === 'alert' ? 'alert' : 'status'}
          className="pointer-events-auto flex animate-appear items-start gap-2.5 rounded-lg border border-line bg-raised p-3 shadow-float"
        >
          {tone === 'good' ? (
            <CircleCheck aria-hidden="true" className="mt-px size-4.5 shrink-0 text-accent" />
          ) : (
            <CircleAlert aria-hidden="true" className="mt-px size-4.5 shrink-0 text-alert-text" />
          )}
          <div className="min-w-0 flex-1 break-words">
            <p className="font-medium">{title}</p>
            {text && <p className="mt-0.5 text-quiet">{text}</p>}
          </div>
          <Button
            kind="quiet"
            size="icon"
            aria-label="Dismiss"
            className="-m-1 size-7"
            onClick={() => dismiss(key)}
          >
            <X />
          </Button>
        </div>
      ))}
    </section>
  )
}
