//! What a save changes, before it does: each member with what it was and what it becomes, and the same as lines of the file.

import { type ReactNode, useEffect, useState } from 'react'
import type { FieldValues, UseFormReturn } from 'react-hook-form'
import { cn } from '@/lib/cn'
import { listed } from '@/lib/count'
import { type Change, changesOf, type Line, lineDiff } from '@/lib/document/changes'
import type { Format } from '@/lib/document/format'
import { Form } from './form'
import { ProblemPanel } from './problem'
import { Button } from './ui/button'
import { Dialog } from './ui/dialog'
import { Skeleton } from './ui/skeleton'

type ChangesDialogProps<T extends FieldValues> = {
  form: UseFormReturn<T>
  format: Format<T>
  before: T
  after: T
  action: string
  notice?: ReactNode
  onSubmit: () => Promise<unknown>
  onClose: () => void
}

export function ChangesDialog<T extends FieldValues>(props: ChangesDialogProps<T>) {
  const { form, format, before, after, action, notice, onSubmit, onClose } = props
  const { found, error } = useDifference(format, before, after)
  const secrets = format.typedSecrets?.(after) ?? []
  const isSame = found?.changes.length === 0 && secrets.length === 0
  return (
    <Dialog open onOpenChange={onClose} title="What changes" className="w-[min(44rem,calc(100vw-2rem))]">
      <Form
        form={form}
        onSubmit={onSubmit}
        actions={({ busy }) => (
          <div className="flex w-full justify-end gap-2">
            <Button onClick={onClose}>Back</Button>
            <Button type="submit" kind="primary" busy={busy} disabled={!found || isSame}>
              {action}
            </Button>
          </div>
        )}
      >
        {error !== undefined && <ProblemPanel error={error} />}
        {!found && error === undefined && <Skeleton className="h-24 w-full" />}
        {isSame && <p>Nothing: it is as it was.</p>}
        {found && <Changes changes={found.changes} />}
        {secrets.length > 0 && <p>Stored anew, and not shown: {listed(secrets)}.</p>}
        {found && found.changes.length > 0 && (
          <details>
            <summary className="w-fit rounded text-quiet hover:text-text">As lines of the file</summary>
            <Lines lines={found.lines} />
          </details>
        )}
        {notice}
      </Form>
    </Dialog>
  )
}

function useDifference<T>(format: Format<T>, before: T, after: T) {
  const [found, setFound] = useState<{ changes: Change[]; lines: Line[] }>()
  const [error, setError] = useState<unknown>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a dialog is about one change
  useEffect(() => {
    const compare = async () => {
      const [{ print }, old, fresh] = await Promise.all([
        import('@/lib/document/yaml'),
        format.write(before),
        format.write(after),
      ])
      setFound({ changes: changesOf(old, fresh), lines: lineDiff(print(old), print(fresh)) })
    }
    compare().catch(setError)
  }, [])
  return { found, error }
}

const Changes = ({ changes }: { changes: readonly Change[] }) => (
  <dl className="max-h-[40vh] divide-y divide-line overflow-y-auto">
    {changes.map(({ field, before, after }) => (
      <div key={field} className="py-2">
        <dt className="break-all font-mono text-quiet text-xs">{field}</dt>
        <dd className="mt-0.5 flex flex-wrap items-baseline gap-x-2 break-all">
          <Shown {...{ field }} value={before} className="text-quiet" />
          <span aria-hidden="true">→</span>
          <span className="sr-only">becomes</span>
          <Shown {...{ field }} value={after} className="font-medium" />
        </dd>
      </div>
    ))}
  </dl>
)

type ShownProps = { field: string; value: string | undefined; className: string }

/** What a list does not have has no default. */
const Shown = ({ field, value, className }: ShownProps) => (
  <span className={cn('whitespace-pre-wrap', className)}>
    {value === undefined
      ? field.endsWith(']')
        ? 'not there'
        : 'its default'
      : value === ''
        ? 'empty'
        : value}
  </span>
)

const SIGNS = {
  '+': { className: 'bg-accent-soft', words: 'Added: ' },
  '-': { className: 'bg-alert', words: 'Taken away: ' },
  ' ': { className: 'text-quiet', words: '' },
  gap: { className: 'text-quiet', words: '' },
}

const Lines = ({ lines }: { lines: readonly Line[] }) => (
  <pre className="mt-2 overflow-x-auto rounded-md border border-line py-1 font-mono text-xs leading-5">
    {lines.map(({ sign, text }, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and do not move
      <span key={at} className={cn('block min-w-max px-3', SIGNS[sign].className)}>
        {SIGNS[sign].words && <span className="sr-only">{SIGNS[sign].words}</span>}
        <span aria-hidden="true">{sign === 'gap' ? '⋯' : sign} </span>
        {text}
      </span>
    ))}
  </pre>
)
