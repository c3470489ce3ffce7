//! What of one kind a member offers: all of it, or what is ticked. Things are ticked in the member's own list, or typed
//! where it cannot be had.

import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useId, useState } from 'react'
import { type Listed, offered } from '@/api/queries'
import { LinkedText } from '@/components/linked-text'
import { Button } from '@/components/ui/button'
import { Input } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'
import { count as plural } from '@/lib/count'
import { type Kind, LISTS, type Offered } from '@/lib/mcp'
import { explain } from '@/lib/problem'
import { useTenant } from '@/lib/session'
import { type ItemDraft, isItemName, NAMED, newItem } from './bundle-values'
import { OfferItem } from './offer-item'
import { useMistake } from './use-mistake'

const WORDS: Record<Kind, { title: string; one: string; typed: string }> = {
  tools: { title: 'Tools', one: 'tool', typed: 'Name of a tool' },
  prompts: { title: 'Prompts', one: 'prompt', typed: 'Name of a prompt' },
  resources: { title: 'Resources', one: 'resource', typed: 'URI of a resource' },
  resource_templates: { title: 'Templates of resources', one: 'template', typed: 'URI template' },
}

/** From here on a list has a search. */
const SEARCHED = 9

type OfferPickerProps = {
  kind: Kind
  /** The API's name of it. */
  field: string
  serverId: string
  alias: string
  items: 'all' | ItemDraft[]
  onChange: (items: 'all' | ItemDraft[]) => void
}

export function OfferPicker(props: OfferPickerProps) {
  const { kind, field, serverId, items, onChange } = props
  const tenant = useTenant()
  const name = useId()
  const { title, one } = WORDS[kind]
  const isAll = items === 'all'
  // Tools are shown in the preview anyhow; of the rest nobody asks until somebody chooses.
  const list = useQuery({ ...offered(tenant, serverId, kind), enabled: kind === 'tools' || !isAll })
  const listed = list.data?.items
  const mistake = useMistake(field)
  const chooseSome = () => onChange((listed ?? []).map(({ name }) => newItem(name)))
  return (
    <fieldset className="p-4 md:px-5">
      <legend className="float-left mb-2 font-medium">{title}</legend>
      <div className="clear-both flex flex-wrap gap-x-6 gap-y-2">
        <Way name={name} checked={isAll} onChoose={() => onChange('all')}>
          All{listed && `, now ${plural(listed.length, one)}`}, and what it adds later
        </Way>
        <Way name={name} checked={!isAll} onChoose={chooseSome}>
          Only what I choose{!isAll && `: ${plural(items.length, one)}`}
        </Way>
      </div>
      {!isAll && <Chosen {...props} items={items} listed={listed} isPending={list.isPending} />}
      {(kind === 'tools' || !isAll) && <NotListed listed={list.data} error={list.error} />}
      {mistake && (
        <p role="alert" className="mt-1 text-[0.8125rem] text-alert-text">
          {title} {mistake}
        </p>
      )}
    </fieldset>
  )
}

type WayProps = { name: string; checked: boolean; onChoose: () => void; children: React.ReactNode }

const Way = ({ name, checked, onChoose, children }: WayProps) => (
  <label className="flex min-h-6 cursor-pointer items-center gap-2 max-md:min-h-10">
    <input
      type="radio"
      name={name}
      checked={checked}
      onChange={onChoose}
      className="size-3.5 shrink-0 accent-accent"
    />
    <span>{children}</span>
  </label>
)

/** Why there is nothing to tick. */
function NotListed({ listed, error }: { listed: Listed | undefined; error: unknown }) {
  const refusal = listed?.refusal
  if (!error && !refusal) return null
  const why = refusal
    ? (refusal.error?.message ?? refusal.problem ?? 'It answered no list.')
    : explain(error).what
  return (
    <p role="note" className="mt-2 rounded-lg border border-warning-line/50 bg-warning p-3 text-[0.8125rem]">
      Its list could not be had in your name: <LinkedText text={why} /> What you choose can be typed.
    </p>
  )
}

type ChosenProps = Omit<OfferPickerProps, 'items'> & {
  items: ItemDraft[]
  listed: Offered[] | undefined
  isPending: boolean
}

function Chosen({ kind, field, alias, items, onChange, listed = [], isPending }: ChosenProps) {
  const [q, setQ] = useState('')
  const own = new Map(listed.map(item => [item.name, item]))
  const all = [...new Set([...own.keys(), ...items.map(({ name }) => name)])]
  const shown = all.filter(name =>
    `${name} ${own.get(name)?.title ?? ''}`.toLowerCase().includes(q.toLowerCase()),
  )
  const { one } = WORDS[kind]
  const tick = (name: string, on: boolean) =>
    onChange(on ? [...items, newItem(name)] : items.filter(item => item.name !== name))
  return (
    <div className="mt-3 space-y-2">
      {all.length >= SEARCHED && (
        <div className="flex flex-wrap items-center gap-2">
          <Input
            type="search"
            aria-label={`Find a ${one}`}
            placeholder={`Find a ${one}`}
            value={q}
            onChange={event => setQ(event.target.value)}
            className="max-w-64"
          />
          <Button size="sm" kind="quiet" onClick={() => onChange(withAll(items, shown))}>
            Tick {q === '' ? 'all' : 'these'}
          </Button>
          <Button
            size="sm"
            kind="quiet"
            onClick={() => onChange(items.filter(({ name }) => !shown.includes(name)))}
          >
            Tick none{q !== '' && ' of these'}
          </Button>
        </div>
      )}
      {isPending && <Skeleton className="h-10 w-full" />}
      {shown.length > 0 && (
        <ul className="max-h-96 divide-y divide-line overflow-y-auto rounded-lg border">
          {shown.map(name => {
            const at = items.findIndex(item => item.name === name)
            return (
              <OfferItem
                key={name}
                name={name}
                own={own.get(name)}
                isListed={isPending || own.has(name) || own.size === 0}
                alias={NAMED.includes(kind) ? alias : undefined}
                field={`${field}[${at}]`}
                item={items[at]}
                onTick={on => tick(name, on)}
                onChange={item => onChange(items.with(at, item))}
              />
            )
          })}
        </ul>
      )}
      <ByHand kind={kind} onAdd={name => items.every(item => item.name !== name) && tick(name, true)} />
    </div>
  )
}

const withAll = (items: ItemDraft[], names: string[]): ItemDraft[] => [
  ...items,
  ...names.filter(name => items.every(item => item.name !== name)).map(newItem),
]

function ByHand({ kind, onAdd }: { kind: Kind; onAdd: (name: string) => void }) {
  const [typed, setTyped] = useState('')
  const name = typed.trim()
  const add = () => {
    if (!isItemName(name)) return
    onAdd(name)
    setTyped('')
  }
  return (
    <div className="flex gap-2">
      <Input
        aria-label={WORDS[kind].typed}
        placeholder={`${WORDS[kind].typed}${LISTS[kind].by === 'name' ? ', as the server calls it' : ''}`}
        value={typed}
        onChange={event => setTyped(event.target.value)}
        onKeyDown={event => {
          if (event.key !== 'Enter') return
          // Not the whole form.
          event.preventDefault()
          add()
        }}
        autoCapitalize="none"
        spellCheck={false}
        className="max-w-80 font-mono text-[0.8125rem] placeholder:font-sans"
      />
      <Button disabled={!isItemName(name)} onClick={add}>
        <Plus /> Add
      </Button>
    </div>
  )
}
