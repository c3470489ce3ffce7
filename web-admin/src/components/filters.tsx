//! Filters above a list, each a button that says what it is set to. What they are set to lives in the address.

import { ChevronDown, X } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId, useState } from 'react'
import { cn } from '@/lib/cn'
import { localTime, RANGES, type Range, type RangeName, rangeWords } from '@/lib/range'
import { Choose, type ChooseProps } from './choose-one'
import { Button } from './ui/button'
import { Input } from './ui/field'
import { Popover } from './ui/popover'

/** On a phone they are one line, to be pushed aside. */
export const Filters = ({ children }: { children: ReactNode }) => (
  <fieldset className="-m-1 flex min-w-0 flex-wrap items-center gap-2 p-1 max-md:flex-nowrap max-md:overflow-x-auto max-md:[scrollbar-width:none]">
    <legend className="sr-only">Filters</legend>
    {children}
  </fieldset>
)

type FilterProps = Omit<ChooseProps, 'label' | 'chosen' | 'onChoose'> & {
  label: string
  value: string | undefined
  /** How the value reads; the value itself if nothing is given. */
  words?: ReactNode
  onChange: (value: string | undefined) => void
}

export function Filter({ label, value, words, onChange, ...choose }: FilterProps) {
  const [open, setOpen] = useState(false)
  return (
    <span className="inline-flex max-w-full max-md:max-w-56 max-md:shrink-0">
      <Popover
        open={open}
        onOpenChange={setOpen}
        label={label}
        trigger={
          <Trigger isSet={value !== undefined}>
            <span className={value === undefined ? undefined : 'text-quiet'}>{label}</span>
            {value !== undefined && <span className="min-w-0 truncate">{words ?? value}</span>}
          </Trigger>
        }
      >
        <Choose
          label={label}
          {...choose}
          chosen={value === undefined ? [] : [value]}
          onChoose={chosen => {
            onChange(chosen === value ? undefined : chosen)
            setOpen(false)
          }}
        />
      </Popover>
      {value !== undefined && (
        <Button
          size="sm"
          className="-ml-px rounded-l-none px-1.5 max-md:px-2.5"
          aria-label={`Any ${label.toLowerCase()}`}
          onClick={() => onChange(undefined)}
        >
          <X className="text-quiet" />
        </Button>
      )}
    </span>
  )
}

function Trigger({ isSet, className, children, ...rest }: ComponentProps<'button'> & { isSet: boolean }) {
  return (
    <Button
      size="sm"
      className={cn(
        'min-w-0 shrink font-normal',
        isSet ? 'rounded-r-none bg-accent-soft hover:bg-accent-soft' : 'border-dashed',
        className,
      )}
      {...rest}
    >
      {children}
      {!isSet && <ChevronDown className="text-quiet" aria-hidden="true" />}
    </Button>
  )
}

type RangeFilterProps = {
  value: Range
  names: readonly RangeName[]
  /** What holds when nothing is chosen: a name, or words for all of time. */
  fallback: RangeName | { words: string }
  onChange: (range: Range) => void
}

export function RangeFilter({ value, names, fallback, onChange }: RangeFilterProps) {
  const [open, setOpen] = useState(false)
  const isNamed = typeof fallback === 'string'
  const otherwise = isNamed ? RANGES[fallback].label : fallback.words
  const take = (range: Range) => {
    onChange(range)
    setOpen(false)
  }
  const isCustom = value.from !== undefined || value.to !== undefined
  const current = value.range ?? (isCustom || !isNamed ? undefined : fallback)
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label="Time"
      trigger={
        <Button size="sm" className="min-w-0 shrink font-normal max-md:shrink-0">
          <span className="truncate">{rangeWords(value, otherwise)}</span>
          <ChevronDown className="text-quiet" aria-hidden="true" />
        </Button>
      }
    >
      <div className="p-1">
        {!isNamed && (
          <RangeChoice isChosen={!isCustom && !value.range} onClick={() => take({})}>
            {otherwise}
          </RangeChoice>
        )}
        {names.map(name => (
          <RangeChoice key={name} isChosen={name === current} onClick={() => take({ range: name })}>
            {RANGES[name].label}
          </RangeChoice>
        ))}
      </div>
      <CustomRange key={String(open)} value={value} onTake={take} />
    </Popover>
  )
}

const RangeChoice = ({ isChosen, ...rest }: ComponentProps<'button'> & { isChosen: boolean }) => (
  <button
    type="button"
    aria-pressed={isChosen}
    className={cn(
      'flex min-h-8 w-full items-center rounded-md px-2 text-left outline-offset-[-2px] hover:bg-hover max-md:min-h-10',
      isChosen && 'font-medium text-accent',
    )}
    {...rest}
  />
)

function CustomRange({ value, onTake }: { value: Range; onTake: (range: Range) => void }) {
  const id = useId()
  const [from, setFrom] = useState(localTime(value.from))
  const [to, setTo] = useState(localTime(value.to))
  const iso = (local: string) => (local === '' ? undefined : new Date(local).toISOString())
  const isBackwards = from !== '' && to !== '' && from >= to
  return (
    <form
      className="space-y-2 border-t p-3"
      onSubmit={event => {
        event.preventDefault()
        onTake({ from: iso(from), to: iso(to) })
      }}
    >
      <div className="grid grid-cols-[2.5rem_minmax(0,1fr)] items-center gap-y-2 text-quiet">
        <label htmlFor={`${id}-from`}>From</label>
        <Input
          id={`${id}-from`}
          type="datetime-local"
          value={from}
          onChange={event => setFrom(event.target.value)}
        />
        <label htmlFor={`${id}-to`}>To</label>
        <Input
          id={`${id}-to`}
          type="datetime-local"
          value={to}
          aria-invalid={isBackwards || undefined}
          onChange={event => setTo(event.target.value)}
        />
      </div>
      {isBackwards && <p className="text-[0.8125rem] text-alert-text">The end is before the beginning.</p>}
      <Button type="submit" size="sm" className="w-full" disabled={isBackwards || (from === '' && to === '')}>
        Show this time
      </Button>
    </form>
  )
}
