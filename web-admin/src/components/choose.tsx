//! Chooses several of many, such as people for a group: search, and a box before each.

import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { SearchField } from './data-table'
import { ProblemPanel } from './problem'
import { Button } from './ui/button'
import { Dialog } from './ui/dialog'
import { Skeleton } from './ui/skeleton'
import { toast } from './ui/toast'

type Rows<T> = UseInfiniteQueryResult<InfiniteData<{ items: T[]; next_cursor?: string | null }>>

type ChooseListProps<T> = {
  /** What is chosen, in the plural and in lower case. */
  noun: string
  /** A hook: what there is of this text. */
  useRows: (q: string | undefined) => Rows<T>
  rowId: (row: T) => string
  title: (row: T) => string
  note: (row: T) => string
  /** Whether a row was chosen before: it stays. */
  isIn?: (row: T) => boolean
  /** Why a row cannot be chosen. */
  closed?: (row: T) => string | undefined
  chosen: ReadonlySet<string>
  onChange: (chosen: ReadonlySet<string>) => void
}

export function ChooseList<T>(props: ChooseListProps<T>) {
  const { noun, useRows, rowId, title, note, isIn, closed, chosen, onChange } = props
  const [q, setQ] = useState<string>()
  const query = useRows(q)
  const rows = query.data?.pages.flatMap(page => page.items) ?? []
  const toggle = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    onChange(next)
  }
  return (
    <div>
      <SearchField label={`Find ${noun}`} value={q} onChange={setQ} />
      <fieldset className="mt-2 h-64 min-w-0 overflow-y-auto rounded-lg border border-line" aria-label={noun}>
        {query.isPending && <Skeleton className="m-3 h-4 w-40" />}
        {query.isError && <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />}
        {query.isSuccess && rows.length === 0 && <p className="p-4 text-quiet">No {noun} of that name.</p>}
        {rows.map(row => {
          const was = isIn?.(row) ?? false
          const why = was ? 'Is in it' : closed?.(row)
          return (
            <label
              key={rowId(row)}
              className="flex min-h-11 cursor-pointer items-center gap-3 border-b px-3 py-1.5 last:border-b-0 hover:bg-hover has-[:disabled]:cursor-not-allowed has-[:focus-visible]:bg-hover"
            >
              <input
                type="checkbox"
                className="size-4 shrink-0 accent-accent"
                checked={was || chosen.has(rowId(row))}
                disabled={why !== undefined}
                onChange={() => toggle(rowId(row))}
              />
              <span className="min-w-0">
                <span className="block truncate">{title(row)}</span>
                <span className="block truncate text-quiet text-xs">{why ?? note(row)}</span>
              </span>
            </label>
          )
        })}
        {query.hasNextPage && (
          <Button
            kind="quiet"
            size="sm"
            className="m-1"
            busy={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </fieldset>
    </div>
  )
}

type ChooseDialogProps<T> = Omit<ChooseListProps<T>, 'chosen' | 'onChange'> & {
  heading: string
  description?: ReactNode
  /** The verb on the button, after which how many is said. */
  action: string
  /** A failure is a toast; the dialog stays open. */
  onChoose: (ids: string[]) => Promise<unknown>
  onClose: () => void
}

export function ChooseDialog<T>(props: ChooseDialogProps<T>) {
  const { heading, description, action, onChoose, onClose, ...list } = props
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [busy, setBusy] = useState(false)
  const choose = async () => {
    setBusy(true)
    try {
      await onChoose([...chosen])
      onClose()
    } catch (error) {
      toast.failed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog open onOpenChange={open => !open && onClose()} title={heading} description={description}>
      <ChooseList {...list} chosen={chosen} onChange={setChosen} />
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" busy={busy} disabled={chosen.size === 0} onClick={() => void choose()}>
          {chosen.size > 0 ? `${action} ${chosen.size}` : action}
        </Button>
      </div>
    </Dialog>
  )
}
