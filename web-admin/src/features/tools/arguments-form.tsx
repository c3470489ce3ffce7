//! What to call a tool with: a form made of its schema, or JSON; and the button that runs it.

import { Play, Square } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react'
import { Frame } from '@/components/form'
import { Button } from '@/components/ui/button'
import { Textarea } from '@/components/ui/field'
import { Kbd } from '@/components/ui/kbd'
import type { JsonObject } from '@/lib/mcp'
import { ObjectFields } from './schema-fields'
import type { Field } from './schema-form'
import { type Arguments, useArguments } from './use-arguments'

type ArgumentsFormProps = {
  form: Field
  /** The verb on the button. */
  action: string
  isRunning: boolean
  onRun: (value: JsonObject) => void
  onCancel: () => void
  /** Above the button: what to know before. */
  note?: ReactNode
}

export function ArgumentsForm({ form, action, isRunning, onRun, onCancel, note }: ArgumentsFormProps) {
  const typed = useArguments(form)
  const element = useRef<HTMLFormElement>(null)
  const run = () => {
    const value = typed.take()
    if (value !== undefined) return onRun(value)
    // The mistakes are in the document after the next rendering.
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    if (!isRunning) run()
  }
  return (
    <form
      ref={element}
      noValidate
      className="space-y-5"
      onKeyDown={onKeyDown}
      onBlur={({ target }) => {
        const path = target instanceof HTMLElement ? target.dataset.path : undefined
        if (path !== undefined) typed.leave(path)
      }}
      onSubmit={event => {
        event.preventDefault()
        if (!isRunning) run()
      }}
    >
      <Fields form={form} typed={typed} />
      {note}
      <div className="flex flex-wrap items-center gap-2">
        {isRunning ? (
          // Its own element: the click that cancels must not submit what stands in its place then.
          <Button key="cancel" onClick={onCancel}>
            <Square /> Cancel
          </Button>
        ) : (
          <Button key="run" type="submit" kind="primary">
            <Play /> {action}
          </Button>
        )}
        <span className="text-quiet max-md:hidden">
          <Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd>
        </span>
        {typed.isForm && <ModeButton typed={typed} />}
      </div>
    </form>
  )
}

function Fields({ form, typed }: { form: Field; typed: Arguments }) {
  const id = useId()
  if (typed.mode === 'form' && form.kind === 'object') {
    if (form.properties.length === 0) return <p className="text-quiet">It takes no arguments.</p>
    return (
      <ObjectFields
        field={form}
        draft={typed.draft}
        onChange={typed.setDraft}
        isRequired
        path=""
        mistakes={typed.mistakes}
      />
    )
  }
  const hint = [
    form.kind === 'json' && `There is no form for it: ${form.why}.`,
    typed.lost && 'The form has no place for all of this: it stays JSON.',
  ]
  return (
    <Frame
      id={id}
      label="Arguments as JSON"
      hint={hint.filter(Boolean).join(' ')}
      error={typed.mistakes.get('')}
    >
      <Textarea
        id={id}
        data-path=""
        aria-describedby={`${id}-hint ${id}-error`}
        aria-invalid={typed.mistakes.has('') || undefined}
        value={typed.text}
        onChange={event => typed.setText(event.target.value)}
        rows={8}
        spellCheck={false}
        autoCapitalize="none"
        className="font-mono text-[0.8125rem]"
      />
    </Frame>
  )
}

const ModeButton = ({ typed }: { typed: Arguments }) => (
  <Button
    kind="quiet"
    size="sm"
    className="ml-auto"
    disabled={typed.lost}
    onClick={typed.mode === 'form' ? typed.toJson : typed.toForm}
  >
    {typed.mode === 'form' ? 'Edit as JSON' : 'Edit as a form'}
  </Button>
)
