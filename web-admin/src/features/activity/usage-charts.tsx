//! The charts. The only file that knows the charting library: it comes with this route alone.

import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { Bar, BarChart, CartesianGrid, Line, LineChart, Tooltip, XAxis, YAxis } from 'recharts'
import type { Usage } from '@/api/types'
import { count, short, took } from '@/lib/units'
import { moment, type Part, type Row, type Split, type StackRow, splitOf, tick } from './usage-data'

const HEIGHT = 220
const MARGIN = { top: 8, right: 8, bottom: 0, left: 0 }
const TEXT = { fill: 'var(--quiet)', fontSize: 12 }

type Bucket = Usage['bucket']
type Serie = { key: string; name: string; color: string }

const OUTCOMES: readonly Serie[] = [
  { key: 'ok', name: 'Went well', color: 'var(--series-1)' },
  { key: 'errors', name: 'Errors', color: 'var(--series-alert)' },
  { key: 'refused', name: 'Refused', color: 'var(--series-3)' },
]
const DURATIONS: readonly Serie[] = [
  { key: 'p50_us', name: 'p50', color: 'var(--series-1)' },
  { key: 'p95_us', name: 'p95', color: 'var(--series-2)' },
]

export function CallsChart({ rows, bucket }: { rows: readonly Row[]; bucket: Bucket }) {
  const data = rows.map((row): { at: number } & Split => ({ at: row.at, ...splitOf(row) }))
  return (
    <Chart series={OUTCOMES}>
      {width => (
        <BarChart {...frame(width)} data={data} barCategoryGap="18%">
          {grid}
          {time(bucket)}
          <YAxis {...valueAxis} tickFormatter={short} allowDecimals={false} />
          {tip(bucket, count)}
          {OUTCOMES.map(({ key, name, color }) => (
            <Bar
              key={key}
              dataKey={key}
              name={name}
              stackId="all"
              fill={color}
              maxBarSize={28}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      )}
    </Chart>
  )
}

export function DurationChart({ rows, bucket }: { rows: readonly Row[]; bucket: Bucket }) {
  // A point alone between gaps is no line: it is shown as a dot.
  return (
    <Chart series={DURATIONS}>
      {width => (
        <LineChart {...frame(width)} data={[...rows]}>
          {grid}
          {time(bucket, 12)}
          <YAxis {...valueAxis} width={60} tickFormatter={took} />
          {tip(bucket, took)}
          {DURATIONS.map(({ key, name, color }) => (
            <Line
              key={key}
              dataKey={key}
              name={name}
              stroke={color}
              strokeWidth={2}
              dot={rows.length <= 31 ? { r: 2, fill: color, strokeWidth: 0 } : false}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      )}
    </Chart>
  )
}

export function ShareChart({ parts, rows, bucket }: { parts: Part[]; rows: StackRow[]; bucket: Bucket }) {
  const series = parts.map(({ key, name }, index) => ({
    key,
    name,
    color: `var(--series-${key === 'rest' ? 6 : (index % 6) + 1})`,
  }))
  return (
    <Chart series={series}>
      {width => (
        <BarChart {...frame(width)} data={rows} barCategoryGap="18%">
          {grid}
          {time(bucket)}
          <YAxis {...valueAxis} tickFormatter={short} allowDecimals={false} />
          {tip(bucket, count)}
          {series.map(({ key, name, color }) => (
            <Bar
              key={key}
              dataKey={key}
              name={name}
              stackId="all"
              fill={color}
              maxBarSize={28}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      )}
    </Chart>
  )
}

const frame = (width: number) => ({ width, height: HEIGHT, margin: MARGIN, accessibilityLayer: false })
const grid = <CartesianGrid vertical={false} stroke="var(--line)" />
const valueAxis = { width: 44, tickLine: false, axisLine: false, tick: TEXT, tickCount: 4 } as const
/** `edge`: points at the ends would be cut in half. */
const time = (bucket: Bucket, edge = 0) => (
  <XAxis
    dataKey="at"
    tickFormatter={(at: number) => tick(at, bucket)}
    tick={TEXT}
    tickLine={false}
    axisLine={{ stroke: 'var(--line)' }}
    minTickGap={28}
    height={24}
    padding={{ left: edge, right: edge }}
  />
)
const tip = (bucket: Bucket, words: (value: number) => string) => (
  <Tooltip
    isAnimationActive={false}
    cursor={{ fill: 'var(--hover)', stroke: 'var(--line)' }}
    content={({ active, payload, label }) =>
      active && payload && payload.length > 0 ? (
        <div className="rounded-md border border-line bg-raised px-3 py-2 text-[0.8125rem] shadow-float">
          <p className="mb-1 font-medium">{moment(Number(label), bucket)}</p>
          {payload.map(({ dataKey, name, value, color, fill }) => (
            <p key={String(dataKey)} className="flex items-center gap-2">
              <Swatch color={String(color ?? fill)} />
              <span className="text-quiet">{String(name)}</span>
              <span className="ml-auto pl-4 tabular-nums">
                {typeof value === 'number' ? words(value) : '—'}
              </span>
            </p>
          ))}
        </div>
      ) : null
    }
  />
)

const Swatch = ({ color }: { color: string }) => (
  <span aria-hidden="true" className="size-2.5 shrink-0 rounded-sm" style={{ background: color }} />
)

/** Gives its drawing the width that there is. Hidden from readers of the screen: the same is there as a table. */
function Chart({ series, children }: { series: readonly Serie[]; children: (width: number) => ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    if (!box.current) return
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  return (
    <div aria-hidden="true">
      <ul className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-quiet text-xs">
        {series.map(({ key, name, color }) => (
          <li key={key} className="flex min-w-0 items-center gap-1.5">
            <Swatch color={color} />
            <span className="truncate">{name}</span>
          </li>
        ))}
      </ul>
      <div ref={box} style={{ height: HEIGHT }}>
        {width > 0 && children(width)}
      </div>
    </div>
  )
}
