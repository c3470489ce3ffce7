//! A list to choose from, with a field that narrows it down. The arrows move, Enter takes.

import { Command } from 'cmdk'
import { Check } from 'lucide-react'
import { type Ref, useDeferredValue, useState } from 'react'
import type { Option, Options } from '@/lib/options'

export type ChooseProps<O extends Option = Option> = {
  label: string
  /** A hook: what there is for what was typed. */
  useOptions: (typed: string) => Options<O>
  chosen?: readonly string[]
  /** Without an option: what was typed. */
  onChoose: (value: string, option?: O) => void
  /** What was typed may be taken as it is. */
  free?: boolean
  inputRef?: Ref<HTMLInputElement>
}

export function Choose<O extends Option>(props: ChooseProps<O>) {
  const { label, useOptions, chosen = [], onChoose, free, inputRef } = props
  const [typed, setTyped] = useState('')
  const wanted = useDeferredValue(typed.trim())
  const { options, isPending } = useOptions(wanted)
  const isNew = free && wanted !== '' && !options.some(({ value }) => value === wanted)
  return (
    <Command label={label} shouldFilter={false} loop>
      <Command.Input
        ref={inputRef}
        autoFocus
        value={typed}
        onValueChange={setTyped}
        placeholder={label}
        className="h-10 w-full border-b bg-transparent px-3 outline-none max-md:h-11 max-md:text-base"
      />
      <Command.List className="max-h-64 overflow-y-auto p-1">
        {!isNew && (
          <Command.Empty className="px-3 py-5 text-center text-quiet">
            {isPending ? 'Loading…' : free ? 'Type a name.' : 'Nothing of that name.'}
          </Command.Empty>
        )}
        {isNew && (
          <Item value={wanted} label={`“${wanted}”`} hint="As typed" onChoose={() => onChoose(wanted)} />
        )}
        {options.map(option => (
          <Item
            key={option.value}
            {...option}
            isChosen={chosen.includes(option.value)}
            onChoose={() => onChoose(option.value, option)}
          />
        ))}
      </Command.List>
    </Command>
  )
}

type ItemProps = Option & { isChosen?: boolean; onChoose: () => void }

const Item = ({ value, label, hint, isChosen, onChoose }: ItemProps) => (
  <Command.Item
    value={value}
    onSelect={onChoose}
    className="flex min-h-8 cursor-pointer items-center gap-2 rounded-md px-2 py-1 data-[selected=true]:bg-hover max-md:min-h-10"
  >
    <span className="min-w-0 truncate">{label}</span>
    {hint && <span className="ml-auto max-w-[45%] shrink-0 truncate text-quiet text-xs">{hint}</span>}
    {isChosen && <Check aria-hidden="true" className={`size-4 text-accent ${hint ? '' : 'ml-auto'}`} />}
  </Command.Item>
)
