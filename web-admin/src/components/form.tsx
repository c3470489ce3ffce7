//! Forms: their state mirrors what is on the screen, and is turned into the API's shape on submit. What the API refuses
//! stands beside the field that it names; what it names no field for, above the buttons. Never a toast.

import { CircleAlert } from 'lucide-react'
import { createContext, type ReactNode, useContext, useId, useRef, useState } from 'react'
import {
  type FieldValues,
  FormProvider,
  type Path,
  type UseFormReturn,
  useFormContext,
} from 'react-hook-form'
import type { May } from '@/lib/can'
import { cn } from '@/lib/cn'
import { ApiError, atField, explain } from '@/lib/problem'
import { Input, Select, Textarea } from './ui/field'
import { Switch } from './ui/switch'

/** The names of the fields on the screen: only they can show a refusal. */
const Shown = createContext<Set<string>>(new Set())

type FormProps<T extends FieldValues> = {
  form: UseFormReturn<T>
  /** Throws what the API refused. */
  onSubmit: (values: T) => Promise<unknown>
  /** The form's name for a field of the API, where it differs. */
  fieldOf?: (apiField: string) => string
  /** Refusals that name no field, and are about one: the code, and the form's field. */
  fieldOfCode?: Record<string, string>
  children: ReactNode
  /** The buttons; the one that submits is `type="submit"`. */
  actions: (state: { busy: boolean }) => ReactNode
}

export function Form<T extends FieldValues>({
  form,
  onSubmit,
  fieldOf,
  fieldOfCode,
  children,
  actions,
}: FormProps<T>) {
  const shown = useRef(new Set<string>())
  const [refusal, setRefusal] = useState<unknown>()
  const submit = form.handleSubmit(async values => {
    setRefusal(undefined)
    try {
      await onSubmit(values)
    } catch (error) {
      const unplaced = place(form, withField(error, fieldOfCode), shown.current, fieldOf)
      setRefusal(unplaced)
    }
  })
  return (
    <FormProvider {...form}>
      <Shown value={shown.current}>
        <form noValidate onSubmit={submit} className="space-y-5">
          {children}
          {refusal !== undefined && <Refusal error={refusal} />}
          <div className="flex flex-wrap items-center gap-2 pt-1">
            {actions({ busy: form.formState.isSubmitting })}
          </div>
        </form>
      </Shown>
    </FormProvider>
  )
}

function withField(error: unknown, fieldOfCode: Record<string, string> = {}): unknown {
  if (!(error instanceof ApiError) || error.fields.length > 0) return error
  const { status, code, message, id } = error
  const field = fieldOfCode[code]
  return field === undefined
    ? error
    : new ApiError(status, { code, detail: message, id, errors: [{ field, code, message: atField(error) }] })
}

/** Puts each refusal beside its field; gives back what has no place there. */
function place<T extends FieldValues>(
  form: UseFormReturn<T>,
  error: unknown,
  shown: Set<string>,
  fieldOf?: (field: string) => string,
) {
  if (!(error instanceof ApiError)) return error
  let isFirst = true
  const unplaced = error.fields.filter(({ field, message }) => {
    const name = fieldOf?.(field) ?? field
    if (!shown.has(name)) return true
    form.setError(name as Path<T>, { message }, { shouldFocus: isFirst })
    isFirst = false
    return false
  })
  if (error.fields.length > 0 && unplaced.length === 0) return undefined
  if (unplaced.length === 0) return error
  const detail = unplaced.map(({ field, message }) => `${field} ${message}`).join('; ')
  return new ApiError(error.status, { code: error.code, detail, id: error.id })
}

function Refusal({ error }: { error: unknown }) {
  const { title, what, todo, id } = explain(error)
  return (
    <div role="alert" className="flex gap-2.5 rounded-lg border border-alert-line/50 bg-alert p-3">
      <CircleAlert aria-hidden="true" className="mt-px size-4.5 shrink-0 text-alert-text" />
      <div>
        <p className="font-medium">{title}</p>
        <p>{what}</p>
        <p className="text-quiet">
          {todo}
          {id && ` Id: ${id}`}
        </p>
      </div>
    </div>
  )
}

type FieldProps = {
  name: string
  label: string
  /** What to know before typing. */
  hint?: ReactNode
  /** What is wrong, for rules that need no server. */
  rule?: (value: string) => string | undefined
  optional?: boolean
}

/** What every field has: a label, a hint, and the place of its error. */
function useField({ name, rule }: Pick<FieldProps, 'name' | 'rule'>) {
  const id = useId()
  const { register, formState, getFieldState } = useFormContext()
  useContext(Shown).add(name)
  const { error } = getFieldState(name, formState)
  const registered = register(name, rule && { validate: value => rule(String(value ?? '')) })
  const aria = { id, 'aria-invalid': error ? true : undefined, 'aria-describedby': `${id}-hint ${id}-error` }
  return { id, error: error?.message, control: { ...registered, ...aria } }
}

/** For a control that keeps its own state: the place of its refusal. */
export function useRefusal(name: string): string | undefined {
  const { formState, getFieldState } = useFormContext()
  useContext(Shown).add(name)
  return getFieldState(name, formState).error?.message
}

type FrameProps = Pick<FieldProps, 'label' | 'hint' | 'optional'> & {
  id: string
  error: string | undefined
  children: ReactNode
  className?: string
}

export function Frame({ id, label, hint, optional, error, children, className }: FrameProps) {
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
        {optional && <span className="font-normal text-quiet"> (optional)</span>}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-[0.8125rem] text-quiet">
          {hint}
        </p>
      )}
      <FieldError id={id} error={error} />
    </div>
  )
}

const FieldError = ({ id, error }: { id: string; error: string | undefined }) => (
  <p
    id={`${id}-error`}
    role={error ? 'alert' : undefined}
    className={cn('mt-1 text-[0.8125rem] text-alert-text', !error && 'hidden')}
  >
    {error && sentence(error)}
  </p>
)

/** The API's words follow the field's name; here they stand alone. */
const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

type TextFieldProps = FieldProps &
  Pick<
    React.ComponentProps<'input'>,
    'type' | 'placeholder' | 'autoFocus' | 'readOnly' | 'inputMode' | 'className'
  > & {
    /** For names and addresses: no capitals, no spelling, fixed width. */
    code?: boolean
  }

export function TextField({ name, label, hint, rule, optional, code, className, ...input }: TextFieldProps) {
  const { id, error, control } = useField({ name, rule })
  return (
    <Frame {...{ id, label, hint, optional, error, className }}>
      <Input
        {...control}
        {...input}
        {...(code && { autoCapitalize: 'none', spellCheck: false })}
        className={cn(code && 'font-mono text-[0.8125rem]')}
      />
    </Frame>
  )
}

export function TextArea({
  name,
  label,
  hint,
  rule,
  optional,
  code,
  ...area
}: FieldProps & { code?: boolean; rows?: number; placeholder?: string }) {
  const { id, error, control } = useField({ name, rule })
  return (
    <Frame {...{ id, label, hint, optional, error }}>
      <Textarea
        {...control}
        {...area}
        spellCheck={!code}
        className={cn(code && 'font-mono text-[0.8125rem]')}
      />
    </Frame>
  )
}

type SelectFieldProps = FieldProps & { options: readonly { value: string; label: string }[] }

export function SelectField({ name, label, hint, options }: SelectFieldProps) {
  const { id, error, control } = useField({ name })
  return (
    <Frame {...{ id, label, hint, error }}>
      <Select {...control}>
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </Select>
    </Frame>
  )
}

/** On or off, with what it means. */
export function SwitchField({ name, label, hint }: Pick<FieldProps, 'name' | 'label' | 'hint'>) {
  const id = useId()
  const { watch, setValue, formState, getFieldState } = useFormContext()
  useContext(Shown).add(name)
  const { error } = getFieldState(name, formState)
  return (
    <div className="flex items-start gap-3">
      <Switch
        id={id}
        checked={Boolean(watch(name))}
        onCheckedChange={checked => setValue(name, checked, { shouldDirty: true })}
        aria-describedby={`${id}-hint`}
        className="mt-0.5"
      />
      <div>
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-[0.8125rem] text-quiet">
            {hint}
          </p>
        )}
        <FieldError id={id} error={error?.message} />
      </div>
    </div>
  )
}

type RadioCardsProps = {
  name: string
  label: string
  /** `may`: disabled with the reason in place of the hint. */
  options: readonly { value: string; label: string; hint: string; may?: May }[]
}

/** One of a few, where each needs a sentence. */
export function RadioCards({ name, label, options }: RadioCardsProps) {
  const { register, formState, getFieldState } = useFormContext()
  useContext(Shown).add(name)
  const error = getFieldState(name, formState).error?.message
  const id = useId()
  return (
    <fieldset aria-describedby={`${id}-error`}>
      <legend className="mb-1.5 font-medium">{label}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {options.map(option => (
          <label
            key={option.value}
            className="flex cursor-pointer gap-2.5 rounded-lg border bg-card p-3 transition-colors hover:border-field-line has-[:disabled]:cursor-not-allowed has-[:disabled]:bg-transparent has-[:checked]:border-accent has-[:checked]:bg-accent-soft has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-accent has-[:focus-visible]:outline-offset-2"
          >
            <input
              type="radio"
              value={option.value}
              {...register(name)}
              // Not by `register`, which would take the whole field for disabled.
              disabled={option.may?.yes === false}
              className="mt-1 size-3.5 accent-accent outline-none"
            />
            <span>
              <span className="block font-medium">{option.label}</span>
              <span className="block text-[0.8125rem] text-quiet">
                {option.may?.yes === false ? option.may.why : option.hint}
              </span>
            </span>
          </label>
        ))}
      </div>
      <FieldError id={id} error={error} />
    </fieldset>
  )
}
