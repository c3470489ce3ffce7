//! What is typed for one call: in the fields of a form, or as JSON. Going from one to the other keeps it.

import { useMemo, useState } from 'react'
import { isObject, type JsonObject } from '@/lib/mcp'
import { type Draft, draftOf, initial, jsonValue, type Mistakes, typedValue } from './schema-draft'
import type { Field } from './schema-form'

export type Arguments = ReturnType<typeof useArguments>

/** The path of the whole, for a mistake in its JSON. */
const WHOLE = ''

export function useArguments(form: Field) {
  const isForm = form.kind === 'object'
  const [draft, setDraft] = useState<Draft>(() => initial(form, true))
  const [text, setText] = useState(() => pretty(typedValue(form, initial(form, true), true).value ?? {}))
  const [mode, setMode] = useState<'form' | 'json'>(isForm ? 'form' : 'json')
  /** Paths of fields that were left, and whether somebody has tried to run it: before that, nobody is scolded. */
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [isTried, setIsTried] = useState(false)
  const read = useMemo(
    () => (mode === 'form' ? typedValue(form, draft, true) : wholeOf(text)),
    [form, mode, draft, text],
  )
  const mistakes: Mistakes = new Map([...read.mistakes].filter(([path]) => isTried || left.has(path)))
  const fromJson = draftOf(form, read.value)
  return {
    mode,
    isForm,
    draft,
    setDraft,
    text,
    setText,
    mistakes,
    /** A field was left: from now on, what is wrong with it is said. */
    leave: (path: string) => setLeft(before => new Set(before).add(path)),
    /** Why the JSON cannot be shown as a form. */
    lost: mode === 'json' && isForm && fromJson === undefined,
    toJson: () => {
      setText(pretty(read.value ?? {}))
      setMode('json')
    },
    toForm: () => {
      if (fromJson === undefined) return
      setDraft(fromJson)
      setMode('form')
    },
    /** What to send; nothing if something is wrong, which is then shown. */
    take: (): JsonObject | undefined => {
      setIsTried(true)
      return read.mistakes.size === 0 && isObject(read.value) ? read.value : undefined
    },
  }
}

const pretty = (value: unknown): string => JSON.stringify(value, null, 2)

function wholeOf(text: string) {
  const { value, mistake } = jsonValue(text)
  if (mistake !== undefined) return { value: undefined, mistakes: new Map([[WHOLE, mistake]]) }
  const isFit = isObject(value)
  return {
    value: isFit ? value : undefined,
    mistakes: isFit ? new Map<string, string>() : new Map([[WHOLE, 'Must be an object: { … }']]),
  }
}
