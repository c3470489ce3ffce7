//! The same thing as a form, or as the file that `portway apply` takes. What is stored already is not changed before
//! somebody has seen what changes, where they ask for it: in YAML always.

import { useNavigate, useSearch } from '@tanstack/react-router'
import { type ReactNode, useRef, useState } from 'react'
import type { FieldValues, UseFormReturn } from 'react-hook-form'
import type { May } from '@/lib/can'
import type { Format } from '@/lib/document/format'
import { AsSwitch } from './as-switch'
import { ChangesDialog } from './changes-dialog'
import { YamlView } from './yaml-view'

export type FormOrYamlProps<T extends FieldValues> = {
  form: UseFormReturn<T>
  format: Format<T>
  /** What is stored, and changed here; nothing for what is new. */
  stored?: T
  may?: May
  /** Throws what the API refused. */
  onSubmit: (values: T) => Promise<unknown>
  /** The verb on the button, such as “Save”. */
  action: string
  /** Where the form comes from: the document is written anew when that changes. */
  from?: string
  /** What to read before saving. */
  notice?: ReactNode
  /** What it means for people that these values are saved, where something is changed. */
  consequences?: (next: T) => ReactNode
  /** The form; `review` shows what it changes. */
  children: (review: () => void) => ReactNode
}

/** Which of them it is, is in the address (`as`). */
export function FormOrYaml<T extends FieldValues>(props: FormOrYamlProps<T>) {
  const isYaml = useSearch({ strict: false }).as === 'yaml'
  const navigate = useNavigate()
  const show = (as: 'yaml' | undefined) =>
    void navigate({ to: '.', search: ((before: object) => ({ ...before, as })) as never, replace: true })
  return <Either {...props} isYaml={isYaml} show={show} />
}

/** Within a dialog, which has no address. */
export function FormOrYamlInDialog<T extends FieldValues>(props: FormOrYamlProps<T>) {
  const [as, show] = useState<'yaml'>()
  return <Either {...props} isYaml={as === 'yaml'} show={show} />
}

type EitherProps<T extends FieldValues> = FormOrYamlProps<T> & {
  isYaml: boolean
  show: (as: 'yaml' | undefined) => void
}

function Either<T extends FieldValues>(props: EitherProps<T>) {
  const { form, format, stored, may, onSubmit, action, from, notice, consequences, children, isYaml, show } =
    props
  const [next, setNext] = useState<T>()
  const leave = useRef(() => show(undefined))
  return (
    <div className="space-y-3">
      <AsSwitch isYaml={isYaml} onForm={() => isYaml && leave.current()} onYaml={() => show('yaml')} />
      {isYaml ? (
        <YamlView
          key={from}
          {...{ form, format, may, action, notice, leave }}
          isStored={stored !== undefined}
          onForm={values => {
            // What was read comes into the form; for what is new it is where the form begins.
            if (values) form.reset(values, { keepDefaultValues: stored !== undefined })
            show(undefined)
          }}
          onSubmit={async values => {
            if (stored) setNext(values)
            else await onSubmit(values)
          }}
        />
      ) : (
        children(() => void form.handleSubmit(values => setNext(values))())
      )}
      {stored && next && (
        <ChangesDialog
          {...{ form, format, action }}
          before={stored}
          after={next}
          notice={
            <>
              {consequences?.(next)}
              {notice}
            </>
          }
          onSubmit={() => onSubmit(next)}
          onClose={() => setNext(undefined)}
        />
      )}
    </div>
  )
}
