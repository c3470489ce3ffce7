//! A document to read, copy, and type: checked line by line before it becomes the form's values.

import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
import type { FieldValues, UseFormReturn } from 'react-hook-form'
import type { May } from '@/lib/can'
import type { Format } from '@/lib/document/format'
import { type Mistake, Reader } from '@/lib/document/reader'
import { plural } from '@/lib/units'
import { Form } from './form'
import { ProblemPanel } from './problem'
import { Button } from './ui/button'
import { CopyButton } from './ui/copy'
import { Textarea } from './ui/field'
import { Skeleton } from './ui/skeleton'
import { toast } from './ui/toast'

/** The YAML library comes when somebody looks at YAML. */
const yaml = () => import('@/lib/document/yaml')

type YamlViewProps<T extends FieldValues> = {
  form: UseFormReturn<T>
  format: Format<T>
  may?: May
  action: string
  notice?: ReactNode
  /** It changes what is there: what changes is shown next. */
  isStored: boolean
  /** Is set to what leads to the form, once what was typed is good. */
  leave: RefObject<() => void>
  /** Back to the form, with what was typed, or without. */
  onForm: (values: T | undefined) => void
  onSubmit: (values: T) => Promise<unknown>
}

export function YamlView<T extends FieldValues>(props: YamlViewProps<T>) {
  const { form, format, may = { yes: true }, action, notice, isStored, leave, onForm, onSubmit } = props
  const area = useRef<HTMLTextAreaElement>(null)
  const { text, setText, written, error } = useWritten(form, format)
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([])
  const read = async (): Promise<T | undefined> => {
    const found = await valuesOf(format, text ?? '', form.getValues())
    setMistakes(found.mistakes)
    return found.values
  }
  useEffect(() => {
    leave.current = () => {
      if (text === written) return onForm(undefined)
      read().then(values => values && onForm(values), toast.failed)
    }
  })
  if (error !== undefined) return <ProblemPanel error={error} onRetry={() => onForm(undefined)} />
  return (
    <Form
      form={form}
      onSubmit={async () => {
        const values = await read()
        if (values) await onSubmit(values)
      }}
      actions={({ busy }) => (
        <>
          <Button type="submit" kind="primary" busy={busy} may={may} disabled={text === undefined}>
            {isStored ? 'See what changes' : action}
          </Button>
          <Button disabled={busy} onClick={() => onForm(undefined)}>
            Discard
          </Button>
        </>
      )}
    >
      <p className="text-quiet">
        As <code className="font-mono text-[0.8125rem]">portway apply</code> takes it. What is left out has
        its default{format.stays && `, and ${format.stays} stay`}.
        {format.typedSecrets &&
          ' Secrets are never in it: what is stored stays, and new ones are typed in the form.'}
      </p>
      {text === undefined ? (
        <Skeleton className="h-96 w-full rounded-md" />
      ) : (
        <div className="relative">
          <Textarea
            ref={area}
            aria-label="YAML"
            aria-invalid={mistakes.length > 0 || undefined}
            aria-describedby="yaml-mistakes"
            value={text}
            readOnly={!may.yes}
            spellCheck={false}
            autoCapitalize="none"
            wrap="off"
            rows={Math.min(32, Math.max(14, text.split('\n').length + 1))}
            className="font-mono text-[0.8125rem] leading-5"
            onChange={event => {
              setText(event.target.value)
              setMistakes([])
            }}
          />
          <CopyButton text={text} label="Copy the file" className="absolute top-1.5 right-3 bg-field" />
        </div>
      )}
      <Mistakes mistakes={mistakes} area={area} />
      {!isStored && notice}
    </Form>
  )
}

/** What the form says, as a document: once, when it is opened. */
function useWritten<T extends FieldValues>(form: UseFormReturn<T>, format: Format<T>) {
  const [text, setText] = useState<string>()
  const [written, setWritten] = useState<string>()
  const [error, setError] = useState<unknown>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed later is not to be written over
  useEffect(() => {
    let isHere = true
    const write = async () => {
      const { print } = await yaml()
      // By now whoever fills the form in has done so.
      const tree = await format.write(form.getValues())
      if (!isHere) return
      setText(print(tree))
      setWritten(print(tree))
    }
    write().catch(error => isHere && setError(error))
    return () => {
      isHere = false
    }
  }, [])
  return { text, setText, written, error }
}

async function valuesOf<T>(format: Format<T>, text: string, now: T) {
  const { parse } = await yaml()
  const { root, mistakes } = parse(text)
  if (!root) return { values: undefined, mistakes }
  const reader = new Reader()
  const values = await format.read(root, reader, now)
  const found = reader.mistakes.toSorted((a, b) => a.line - b.line)
  return { values: found.length === 0 ? values : undefined, mistakes: found }
}

type MistakesProps = { mistakes: readonly Mistake[]; area: RefObject<HTMLTextAreaElement | null> }

function Mistakes({ mistakes, area }: MistakesProps) {
  if (mistakes.length === 0) return <div id="yaml-mistakes" hidden />
  return (
    <div id="yaml-mistakes" role="alert" className="rounded-lg border border-alert-line/50 bg-alert p-3">
      <p className="font-medium">Nothing is saved: {plural(mistakes.length, 'mistake')}.</p>
      <ul className="mt-1 space-y-0.5">
        {mistakes.map(({ line, field, message }) => (
          <li key={`${line} ${field} ${message}`}>
            <button type="button" className="link" onClick={() => goTo(area.current, line)}>
              Line {line}
            </button>
            : {field && <code className="font-mono text-[0.8125rem]">{field}</code>} {message}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Selects a line. */
function goTo(area: HTMLTextAreaElement | null, line: number) {
  if (!area) return
  const lines = area.value.split('\n')
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
  area.focus()
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0))
}
