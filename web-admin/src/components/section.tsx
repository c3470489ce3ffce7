//! A part of a page about one thing: a heading, what can be done, and facts or rows below.

import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import { cn } from '@/lib/cn'
import { ProblemPanel } from './problem'
import { Button } from './ui/button'
import { Card } from './ui/card'
import { Skeleton } from './ui/skeleton'

type SectionProps = {
  title: string
  description?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
}

export function Section({ title, description, actions, children, className }: SectionProps) {
  const id = useId()
  return (
    <Card aria-labelledby={id} className={cn('min-w-0', className)}>
      <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-3.5 pb-3 md:px-5">
        <div className="min-w-0 flex-1 basis-44">
          <h2 id={id} className="font-semibold">
            {title}
          </h2>
          {description && (
            <p className="mt-0.5 max-w-prose text-pretty text-[0.8125rem] text-quiet">{description}</p>
          )}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </Card>
  )
}

/** What stands in a section that is neither facts nor rows. */
export const SectionBody = ({ children, className }: { children: ReactNode; className?: string }) => (
  <div className={cn('border-t px-4 py-4 md:px-5', className)}>{children}</div>
)

/** Names and values, one a line. */
export const Facts = ({ children }: { children: ReactNode }) => (
  <dl className="@container divide-y divide-line border-t">{children}</dl>
)

export const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-4 px-4 py-2.5 @md:grid-cols-[10rem_minmax(0,1fr)] md:px-5">
    <dt className="text-quiet">{name}</dt>
    <dd className="min-w-0 break-words">{children}</dd>
  </div>
)

type RowsProps<T> = {
  /** What is listed, in the plural. */
  label: string
  query: UseInfiniteQueryResult<InfiniteData<{ items: T[]; next_cursor?: string | null }>>
  rowId: (row: T) => string
  /** A sentence, when nothing is listed. */
  empty: ReactNode
  /** As many are shown until somebody wants all: what stands below is near. */
  atFirst?: number
  children: (row: T) => ReactNode
}

/** A short list inside of a section; goes on when asked to. */
export function Rows<T>({ label, query, rowId, empty, atFirst, children }: RowsProps<T>) {
  const [isLong, setLong] = useState(false)
  if (query.isPending) return <RowsSkeleton label={label} />
  const rows = query.data?.pages.flatMap(page => page.items) ?? []
  if (query.isError && rows.length === 0) {
    return (
      <SectionBody>
        <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />
      </SectionBody>
    )
  }
  if (rows.length === 0) return <SectionBody className="text-quiet">{empty}</SectionBody>
  const shown = isLong ? rows : rows.slice(0, atFirst)
  const isCut = shown.length < rows.length
  return (
    <>
      <RowList label={label}>
        {shown.map(row => (
          <RowItem key={rowId(row)}>{children(row)}</RowItem>
        ))}
      </RowList>
      {isCut && (
        <SectionBody className="py-2 text-center">
          <Button size="sm" kind="quiet" onClick={() => setLong(true)}>
            {query.hasNextPage ? 'Show more' : `Show all ${rows.length}`}
          </Button>
        </SectionBody>
      )}
      {!isCut && query.hasNextPage && (
        <SectionBody className="py-2 text-center">
          <Button
            size="sm"
            kind="quiet"
            busy={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show more
          </Button>
        </SectionBody>
      )}
    </>
  )
}

export const RowList = ({ label, children }: { label: string; children: ReactNode }) => (
  <ul aria-label={label} className="divide-y divide-line border-t">
    {children}
  </ul>
)

export const RowItem = ({ children }: { children: ReactNode }) => (
  <li className="relative flex min-h-13 items-center gap-3 px-4 py-2 md:px-5">{children}</li>
)

/** The words of a row: what it is, and a quiet line below. */
export const RowText = ({ title, children }: { title: ReactNode; children?: ReactNode }) => (
  <div className="min-w-0 flex-1">
    <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5 break-words font-medium">{title}</div>
    {children && <div className="text-quiet text-xs">{children}</div>}
  </div>
)

export const RowsSkeleton = ({ label }: { label: string }) => (
  <div role="status" aria-label={`Loading ${label.toLowerCase()}`} className="divide-y divide-line border-t">
    {[0, 1, 2].map(row => (
      <div key={row} className="flex h-13 items-center px-4 md:px-5">
        <Skeleton className="h-3.5 w-48" />
        <Skeleton className="ml-auto h-3.5 w-20" />
      </div>
    ))}
  </div>
)
