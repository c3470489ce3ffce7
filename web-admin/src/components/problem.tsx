//! An error in the place of what it kept from showing: what happened, what to do, and the id to quote.

import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { explain } from '@/lib/problem'
import { Button } from './ui/button'
import { CopyButton } from './ui/copy'

export function ProblemPanel({
  error,
  onRetry,
  children,
}: {
  error: unknown
  onRetry?: () => void
  children?: ReactNode
}) {
  const { title, what, todo, id } = explain(error)
  return (
    <div role="alert" className="mx-auto max-w-lg rounded-xl border border-line bg-card p-6 shadow-card">
      <h2 className="flex items-center gap-2 font-semibold text-base">
        <CircleAlert aria-hidden="true" className="size-5 shrink-0 text-alert-text" />
        {title}
      </h2>
      <p className="mt-2">{what}</p>
      <p className="mt-1 text-quiet">{todo}</p>
      {id && (
        <p className="mt-3 flex items-center gap-1 text-quiet">
          Id <code className="rounded bg-code px-1.5 py-0.5 font-mono text-xs">{id}</code>
          <CopyButton text={id} label="Copy the id" />
        </p>
      )}
      <div className="mt-4 flex gap-2">
        {onRetry && <Button onClick={onRetry}>Try again</Button>}
        {children}
      </div>
    </div>
  )
}
