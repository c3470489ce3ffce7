//! The fields of a form that was made of a schema. What is typed stays with whoever shows it; mistakes stand beside the
//! field under whose path they are.

import { Plus, X } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import { Choose } from '@/components/choose-one'
import { Frame } from '@/components/form'
import { Button } from '@/components/ui/button'
import { Input, Select, Textarea } from '@/components/ui/field'
import { Popover } from '@/components/ui/popover'
import type { Json } from '@/lib/mcp'
import { matching } from '@/lib/options'
import { below, type Draft, draftAt, initial, type Mistakes, withMember } from './schema-draft'
import type { Field, Property } from './schema-form'
import { typeWords } from './schema-words'

/** More than this are searched, not scrolled. */
const SELECT_OPTIONS_MAX = 100
const FOUND_MAX = 50

type EditorProps<F = Field> = {
  field: F
  draft: Draft | undefined
  onChange: (draft: Draft) => void
  isRequired: boolean
  path: string
  mistakes: Mistakes
}
type Kind<K extends Field['kind']> = Extract<Field, { kind: K }>

/** The fields of an object, below each other. */
export function ObjectFields({ field, draft, onChange, path, mistakes }: EditorProps<Kind<'object'>>) {
  return (
    <div className="space-y-5">
      {field.properties.map(property => (
        <PropertyField
          key={property.name}
          property={property}
          draft={draftAt(draft ?? {}, property.name)}
          onChange={value => onChange(withMember(draft, property.name, value))}
          path={below(path, property.name)}
          mistakes={mistakes}
        />
      ))}
    </div>
  )
}

type PropertyFieldProps = Pick<EditorProps, 'draft' | 'onChange' | 'path' | 'mistakes'> & {
  property: Property
}

function PropertyField({ property, ...rest }: PropertyFieldProps) {
  const { name, title, description, field, isRequired } = property
  const id = useId()
  const about = [title !== name && title, description].filter(Boolean).join(': ')
  const hint = (
    <>
      {about && <span className="block whitespace-pre-line">{about}</span>}
      <span className="block break-words font-mono text-xs">{typeWords(field)}</span>
      {field.kind === 'json' && <span className="block">Typed as JSON: {field.why}.</span>}
    </>
  )
  const editor = { ...rest, isRequired }
  if (field.kind === 'object') {
    return (
      <Group name={name} isRequired={isRequired} about={about} mistake={rest.mistakes.get(rest.path)}>
        <ObjectFields field={field} {...editor} />
      </Group>
    )
  }
  if (field.kind === 'array') {
    return (
      <Group name={name} isRequired={isRequired} about={hint} mistake={rest.mistakes.get(rest.path)}>
        <Entries field={field} {...editor} />
      </Group>
    )
  }
  return (
    <Frame id={id} label={name} hint={hint} optional={!isRequired} error={rest.mistakes.get(rest.path)}>
      <Plain id={id} label={name} field={field} {...editor} />
    </Frame>
  )
}

type GroupProps = {
  name: string
  isRequired: boolean
  about: ReactNode
  mistake: string | undefined
  children: ReactNode
}

const Group = ({ name, isRequired, about, mistake, children }: GroupProps) => (
  <fieldset>
    <legend className="font-medium">
      {name}
      {!isRequired && <span className="font-normal text-quiet"> (optional)</span>}
    </legend>
    {about && <div className="text-[0.8125rem] text-quiet">{about}</div>}
    <div className="mt-2 border-l-2 pl-4">{children}</div>
    {mistake && (
      <p role="alert" className="mt-1 text-[0.8125rem] text-alert-text">
        {mistake}
      </p>
    )}
  </fieldset>
)

function Entries({ field, draft, onChange, path, mistakes }: EditorProps<Kind<'array'>>) {
  const rows = Array.isArray(draft) ? draft : []
  return (
    <div className="space-y-2">
      {rows.map((row, at) => {
        const own = below(path, at)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have nothing but their place
          <div key={at}>
            <div className="flex items-center gap-1.5">
              <div className="min-w-0 flex-1">
                <Plain
                  id={own}
                  label={`Entry ${at + 1}`}
                  isUnlabelled
                  field={field.item}
                  draft={row}
                  isRequired
                  path={own}
                  mistakes={mistakes}
                  onChange={value => onChange(rows.with(at, value))}
                />
              </div>
              <Button
                kind="quiet"
                size="icon"
                aria-label={`Remove entry ${at + 1}`}
                onClick={() => onChange(rows.toSpliced(at, 1))}
              >
                <X />
              </Button>
            </div>
            {mistakes.has(own) && (
              <p id={`${own}-error`} role="alert" className="mt-1 text-[0.8125rem] text-alert-text">
                {mistakes.get(own)}
              </p>
            )}
          </div>
        )
      })}
      <Button
        size="sm"
        className="border-dashed"
        onClick={() => onChange([...rows, initial(field.item, true)])}
      >
        <Plus /> Add an entry
      </Button>
    </div>
  )
}

/** Browsers' own fields, where they help. What they would refuse to give back stays a text. */
const INPUT_TYPES: Record<string, 'date' | 'email' | 'url'> = { date: 'date', email: 'email', uri: 'url' }
const EXAMPLES: Record<string, string> = {
  'date-time': '2026-11-28T09:30:00Z',
  time: '09:30:00Z',
  uuid: '123e4567-e89b-12d3-a456-426614174000',
  uri: 'https://example.com/',
  email: 'ana@example.com',
}

/** `isUnlabelled`: no label stands above it. */
function Plain(props: EditorProps & { id: string; label: string; isUnlabelled?: boolean }) {
  const { id, label, isUnlabelled, field, draft, onChange, isRequired, path, mistakes } = props
  const text = typeof draft === 'string' ? draft : ''
  const shared = {
    id,
    'aria-label': isUnlabelled ? label : undefined,
    'aria-describedby': `${id}-hint ${id}-error`,
    'aria-invalid': mistakes.has(path) || undefined,
    'data-path': path,
    value: text,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  }
  const none = isRequired ? 'Choose…' : 'Leave out'
  switch (field.kind) {
    case 'boolean':
      return (
        <Select {...shared}>
          <option value="">{none}</option>
          <option value="true">Yes</option>
          <option value="false">No</option>
        </Select>
      )
    case 'enum':
      if (field.options.length > SELECT_OPTIONS_MAX) return <Searched {...props} text={text} />
      return (
        <Select {...shared}>
          <option value="">{none}</option>
          {field.options.map((option, at) => (
            <option key={JSON.stringify(option)} value={at}>
              {optionWords(option)}
            </option>
          ))}
        </Select>
      )
    case 'number':
      return <Input {...shared} inputMode={field.isInteger ? 'numeric' : 'decimal'} />
    case 'json':
      return <Textarea {...shared} rows={3} spellCheck={false} className="font-mono text-[0.8125rem]" />
    case 'string': {
      const { format = '' } = field
      if (isLong(field))
        return <Textarea {...shared} rows={1} className="field-sizing-content max-h-72 min-h-9 py-1.5" />
      return <Input {...shared} type={INPUT_TYPES[format] ?? 'text'} placeholder={EXAMPLES[format]} />
    }
    default:
      return null
  }
}

/** Room for a text of several lines, unless it is known to be short. */
const isLong = ({ format, pattern, length }: Kind<'string'>) =>
  format === undefined && pattern === undefined && (length.max === undefined || length.max > 200)

const optionWords = (option: Json): string => (typeof option === 'string' ? option : JSON.stringify(option))

function Searched({
  id,
  label,
  field,
  text,
  onChange,
  path,
  isRequired,
}: EditorProps & { id: string; label: string; text: string }) {
  const [open, setOpen] = useState(false)
  const options = field.kind === 'enum' ? field.options : []
  const chosen = options[Number(text || Number.NaN)]
  const all = options.map((option, at) => ({ value: String(at), label: optionWords(option) }))
  return (
    <span className="flex gap-1.5">
      <Popover
        open={open}
        onOpenChange={setOpen}
        label={label}
        trigger={
          <Button id={id} data-path={path} className="min-w-0 flex-1 justify-start font-normal">
            <span className="truncate">
              {chosen === undefined ? `Choose one of ${options.length}…` : optionWords(chosen)}
            </span>
          </Button>
        }
      >
        <Choose
          label={`Find ${label}`}
          useOptions={typed => ({ options: matching(all, typed).slice(0, FOUND_MAX), isPending: false })}
          chosen={[text]}
          onChoose={value => {
            onChange(value)
            setOpen(false)
          }}
        />
      </Popover>
      {!isRequired && chosen !== undefined && (
        <Button kind="quiet" size="icon" aria-label={`Leave ${label} out`} onClick={() => onChange('')}>
          <X />
        </Button>
      )}
    </span>
  )
}
