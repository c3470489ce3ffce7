//! One tool, prompt or resource of a member: whether it is offered, and under which name and description.

import { Pencil } from 'lucide-react'
import { useId, useState } from 'react'
import { Frame } from '@/components/form'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Input, Textarea } from '@/components/ui/field'
import type { Offered } from '@/lib/mcp'
import type { ItemDraft } from './bundle-values'
import { shownName } from './bundle-values'
import { exposedName } from './member-names'
import { useMistake } from './use-mistake'

type OfferItemProps = {
  name: string
  own: Offered | undefined
  /** In the member's list, as far as there is one. */
  isListed: boolean
  /** Of tools and prompts, which have names of their own. */
  alias: string | undefined
  /** The API's name of it, while it is chosen. */
  field: string
  item: ItemDraft | undefined
  onTick: (on: boolean) => void
  onChange: (item: ItemDraft) => void
}

export function OfferItem({ name, own, isListed, alias, field, item, onTick, onChange }: OfferItemProps) {
  const id = useId()
  const [isOpen, setIsOpen] = useState(false)
  const wrongName = useMistake(`${field}.name`)
  const wrongExposed = useMistake(`${field}.exposed_as`)
  const wrongDescription = useMistake(`${field}.description`)
  const isEdited = item !== undefined && (item.exposed_as !== '' || item.description !== '')
  const isShown =
    item !== undefined && (isOpen || wrongExposed !== undefined || wrongDescription !== undefined)
  return (
    <li className="px-3 py-1.5">
      <div className="flex min-h-9 items-center gap-3">
        <input
          id={id}
          type="checkbox"
          className="size-4 shrink-0 accent-accent"
          checked={item !== undefined}
          onChange={event => onTick(event.target.checked)}
        />
        <label htmlFor={id} className="min-w-0 flex-1 cursor-pointer">
          <span className="flex flex-wrap items-center gap-x-2">
            <code className="break-all font-mono text-[0.8125rem]">{name}</code>
            {item && alias !== undefined && item.exposed_as.trim() !== '' && (
              <code className="break-all font-mono text-accent text-xs">→ {shownName(alias, item)}</code>
            )}
            {!isListed && <Badge tone="warning">Not in its list</Badge>}
          </span>
          {(own?.title ?? own?.description) && (
            <span className="line-clamp-1 text-quiet text-xs">
              {[own?.title !== name && own?.title, own?.description].filter(Boolean).join(': ')}
            </span>
          )}
        </label>
        {item && (
          <Button
            kind="quiet"
            size="icon"
            aria-label={`Rename or describe ${name}`}
            aria-expanded={isShown}
            className={isEdited ? 'text-accent' : 'text-quiet'}
            onClick={() => setIsOpen(!isOpen)}
          >
            <Pencil />
          </Button>
        )}
      </div>
      {wrongName && (
        <p role="alert" className="text-[0.8125rem] text-alert-text">
          This name {wrongName}
        </p>
      )}
      {isShown && (
        <div className="mt-2 mb-2 space-y-3 border-l-2 pl-4">
          {alias !== undefined && (
            <Frame id={`${id}-as`} label="Clients call it" optional error={wrongExposed}>
              <Input
                id={`${id}-as`}
                value={item.exposed_as}
                placeholder={exposedName(alias, name)}
                onChange={event => onChange({ ...item, exposed_as: event.target.value })}
                aria-describedby={`${id}-as-error`}
                aria-invalid={wrongExposed !== undefined || undefined}
                autoCapitalize="none"
                spellCheck={false}
                className="font-mono text-[0.8125rem]"
              />
            </Frame>
          )}
          <Frame id={`${id}-about`} label="Clients read about it" optional error={wrongDescription}>
            <Textarea
              id={`${id}-about`}
              rows={2}
              value={item.description}
              placeholder={own?.description ?? 'As the server describes it'}
              onChange={event => onChange({ ...item, description: event.target.value })}
              aria-describedby={`${id}-about-error`}
              aria-invalid={wrongDescription !== undefined || undefined}
            />
          </Frame>
        </div>
      )}
    </li>
  )
}
