//! The list of the console: pages come from the API by cursor as somebody scrolls, and only the rows in view are in the
//! document. Arrow keys, Home and End move between rows, Enter opens one. Filters and search live in the address.

import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { createLink } from '@tanstack/react-router'
import {
  type ColumnDef,
  createColumnHelper,
  FlexRender,
  type Row,
  type RowData,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { Search } from 'lucide-react'
import {
  type ComponentProps,
  createContext,
  type KeyboardEvent,
  memo,
  type ReactNode,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { cn } from '@/lib/cn'
import { ProblemPanel } from './problem'
import { Button } from './ui/button'
import { Input } from './ui/field'
import { Skeleton } from './ui/skeleton'

const ROW_PX = 52
/** Rows before the end at which the next page is asked for: more than one window of them. */
const AHEAD = 60
/** Rows beyond the window, at either end: Page Down on a large screen shows no hole. */
const OVERSCAN = 18
const SKELETON_ROWS = 8

const features = tableFeatures({
  /** Of the heading and the cells, such as a width or `max-md:hidden`. */
  columnMeta: {} as { className?: string },
})
type Features = typeof features
export type Columns<T extends RowData> = ColumnDef<Features, T, unknown>[]
/** Makes the columns of a table. */
export const columnsOf = <T extends RowData>() => createColumnHelper<Features, T>()

type PageOf<T> = { items: T[]; next_cursor?: string | null }

type DataTableProps<T extends RowData> = {
  /** What is listed: one of them, and many. */
  noun: readonly [one: string, many: string]
  query: UseInfiniteQueryResult<InfiniteData<PageOf<T>>>
  columns: Columns<T>
  rowId: (row: T) => string
  /** Stands in the place of the table when nothing is listed. */
  empty: ReactNode
}

/** Whether the row's link is in the tab order. */
const RowFocus = createContext(true)

export function DataTable<T extends RowData>({ noun, query, columns, rowId, empty }: DataTableProps<T>) {
  const rows = useMemo(() => query.data?.pages.flatMap(page => page.items) ?? [], [query.data])
  if (query.isPending) return <TableSkeleton what={noun[1]} />
  if (query.isError && rows.length === 0) {
    return <ProblemPanel error={query.error} onRetry={() => void query.refetch()} />
  }
  if (rows.length === 0) return empty
  return <Rows {...{ noun, query, columns, rowId, rows }} />
}

type RowsProps<T extends RowData> = Omit<DataTableProps<T>, 'empty'> & { rows: T[] }

function Rows<T extends RowData>({ noun, query, columns, rowId, rows }: RowsProps<T>) {
  const table = useTable({ features, columns, data: rows, getRowId: rowId })
  const model = table.getRowModel().rows
  const body = useRef<HTMLTableSectionElement>(null)
  const [scrollMargin, setScrollMargin] = useState(0)
  useLayoutEffect(() => {
    setScrollMargin((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY)
  }, [])
  const virtualizer = useWindowVirtualizer<HTMLTableRowElement>({
    count: model.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin,
  })
  const measure = virtualizer.measureElement
  const items = virtualizer.getVirtualItems()
  const first = items[0]
  const last = items[items.length - 1]
  const { active, ...focus } = useRowFocus(model.length, index => virtualizer.scrollToIndex(index))

  const isNearEnd = last !== undefined && last.index >= model.length - AHEAD
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query
  useEffect(() => {
    if (isNearEnd && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage()
  }, [isNearEnd, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage])

  const width = columns.length
  return (
    <div className="rounded-xl border border-line bg-card shadow-card">
      <table
        aria-label={noun[1]}
        aria-rowcount={hasNextPage ? -1 : model.length + 1}
        className="w-full border-collapse text-left"
      >
        {/* On a phone one column is left, and needs no heading. */}
        <thead className="max-md:sr-only">
          {table.getHeaderGroups().map(group => (
            <tr key={group.id}>
              {group.headers.map(header => (
                <th
                  key={header.id}
                  scope="col"
                  className={cn(
                    'sticky top-13 z-10 h-9 border-b bg-card px-3 font-medium text-quiet text-xs first:rounded-tl-xl first:pl-4 last:rounded-tr-xl last:pr-4',
                    header.column.columnDef.meta?.className,
                  )}
                >
                  <FlexRender header={header} />
                </th>
              ))}
            </tr>
          ))}
        </thead>
        {/* The links in the rows have the focus; this moves it. */}
        <tbody ref={body} {...focus}>
          <Spacer height={first ? first.start - scrollMargin : 0} width={width} />
          {items.map(({ index }) => {
            const row = model[index]
            return (
              row && (
                <TableRow key={row.id} {...{ row, index, columns, measure }} isActive={index === active} />
              )
            )
          })}
          <Spacer height={last ? virtualizer.getTotalSize() - (last.end - scrollMargin) : 0} width={width} />
        </tbody>
      </table>
      <p role="status" className="flex h-10 items-center gap-2 border-t px-4 text-quiet text-xs">
        {isFetchingNextPage
          ? 'Loading more…'
          : `${model.length.toLocaleString('en')} ${noun[model.length === 1 ? 0 : 1]}`}
        {isFetchNextPageError && (
          <>
            . The rest could not be loaded.
            <Button size="sm" className="h-7" onClick={() => void fetchNextPage()}>
              Try again
            </Button>
          </>
        )}
      </p>
    </div>
  )
}

type TableRowProps<T extends RowData> = {
  row: Row<Features, T>
  index: number
  /** Not read, but the cells follow from them. */
  columns: Columns<T>
  isActive: boolean
  measure: (element: HTMLTableRowElement | null) => void
}

/** Scrolling draws the rows that come, not again those that stay. */
const TableRow = memo(function TableRow<T extends RowData>({
  row,
  index,
  isActive,
  measure,
}: TableRowProps<T>) {
  return (
    <RowFocus value={isActive}>
      <tr
        ref={measure}
        data-index={index}
        aria-rowindex={index + 2}
        className="relative h-13 border-b last:border-b-0 hover:bg-hover has-[[data-row-link]:focus-visible]:bg-hover"
      >
        {row.getAllCells().map(cell => (
          <td
            key={cell.id}
            className={cn(
              // On a phone the first column takes what the others leave, and cuts its text.
              'px-3 py-1.5 first:pl-4 last:pr-4 max-md:first:w-full max-md:first:max-w-0',
              cell.column.columnDef.meta?.className,
            )}
          >
            <FlexRender cell={cell} />
          </td>
        ))}
      </tr>
    </RowFocus>
  )
}) as <T extends RowData>(props: TableRowProps<T>) => ReactNode

/** Stands for the rows that are not in the document. */
const Spacer = ({ height, width }: { height: number; width: number }) =>
  height > 0 ? (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus
    <tr aria-hidden="true">
      <td colSpan={width} className="p-0" style={{ height }} />
    </tr>
  ) : null

/** One row's link is in the tab order; arrows move it. */
function useRowFocus(count: number, reveal: (index: number) => void) {
  const [active, setActive] = useState(0)
  const wanted = useRef<number>(undefined)
  const linkOf = (body: Element, index: number) =>
    body.querySelector<HTMLElement>(`[data-index="${index}"] [data-row-link]`)
  const onKeyDown = (event: KeyboardEvent<HTMLTableSectionElement>) => {
    if (!(event.target instanceof Element) || !event.target.matches('[data-row-link]')) return
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: count - 1,
    }
    const target = moves[event.key]
    if (target === undefined) return
    event.preventDefault()
    const next = Math.min(Math.max(target, 0), count - 1)
    const body = event.currentTarget
    wanted.current = next
    setActive(next)
    reveal(next)
    // The row may only now come into the document.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => wanted.current === next && linkOf(body, next)?.focus()),
    )
  }
  const onFocus = (event: { target: EventTarget }) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null
    if (row) setActive(Number(row.dataset.index))
  }
  return { active: Math.min(active, count - 1), onKeyDown, onFocus }
}

function RowAnchor({ className, ...rest }: ComponentProps<'a'>) {
  const active = useContext(RowFocus)
  return (
    <a
      data-row-link=""
      tabIndex={active ? 0 : -1}
      // Covers its row, so that all of it leads there; what else can be clicked in a row is `relative z-1`.
      className={cn(
        'font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2',
        className,
      )}
      {...rest}
    />
  )
}

/** The link of a row: the whole row follows it. */
export const RowLink = createLink(RowAnchor)

function TableSkeleton({ what }: { what: string }) {
  return (
    <div
      role="status"
      aria-label={`Loading ${what}`}
      className="rounded-xl border border-line bg-card shadow-card"
    >
      <div className="h-9 border-b" />
      {Array.from({ length: SKELETON_ROWS }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={row} className="flex h-13 items-center gap-6 border-b px-4 last:border-b-0">
          <Skeleton className="h-3.5 w-48" />
          <Skeleton className="h-3.5 w-72 max-md:hidden" />
          <Skeleton className="ml-auto h-3.5 w-20" />
        </div>
      ))}
    </div>
  )
}

const TYPING_MS = 200

/** Search by text, kept in the address by whoever uses it. `/` goes here. */
export function SearchField(props: {
  label: string
  value: string | undefined
  onChange: (text: string | undefined) => void
}) {
  const { label, value, onChange } = props
  const [typed, setTyped] = useState(value ?? '')
  const sent = useRef(value ?? '')
  // The address changed by other means, such as going back.
  useEffect(() => {
    if ((value ?? '') === sent.current) return
    sent.current = value ?? ''
    setTyped(value ?? '')
  }, [value])
  useEffect(() => {
    if (typed.trim() === sent.current) return
    const timer = setTimeout(() => {
      sent.current = typed.trim()
      onChange(sent.current || undefined)
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, onChange])
  return (
    <search className="relative w-full max-w-80">
      <Search
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-quiet"
      />
      <Input
        type="search"
        data-search=""
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={event => setTyped(event.target.value)}
        className="pl-8.5"
      />
    </search>
  )
}
