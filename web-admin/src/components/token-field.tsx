//! Several of a list, in a form: what is chosen stands as words that can be taken away, and more can be added.

import { Plus, X } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import { useController, useFormContext } from 'react-hook-form'
import { Choose, type ChooseProps } from './choose-one'
import { Frame, useRefusal } from './form'
import { Button } from './ui/button'
import { Popover } from './ui/popover'

type TokenFieldProps = Pick<ChooseProps, 'useOptions' | 'free'> & {
  name: string
  label: string
  hint?: ReactNode
  /** What stands there while nothing is chosen, such as “All servers”. */
  none: string
  /** On the button, such as “Add a server”. */
  add: string
  /** How a value reads; itself if nothing is given. */
  words?: (value: string) => ReactNode
}

export function TokenField({ name, label, hint, none, add, words, ...choose }: TokenFieldProps) {
  const id = useId()
  const error = useRefusal(name)
  const { watch, setValue, clearErrors } = useFormContext()
  // Takes the focus when the first mistake of the form is here.
  const { ref } = useController({ name }).field
  const [open, setOpen] = useState(false)
  const chosen: string[] = watch(name)
  const change = (next: string[]) => {
    setValue(name, next, { shouldDirty: true })
    clearErrors(name)
  }
  return (
    <Frame {...{ id, label, hint, error }}>
      <ul className="flex flex-wrap items-center gap-1.5">
        {chosen.length === 0 && <li className="mr-1 text-quiet">{none}</li>}
        {chosen.map(value => (
          <li
            key={value}
            className="inline-flex h-8 max-w-full items-center gap-0.5 rounded-md border border-line bg-card pl-2.5 max-md:h-10"
          >
            <span className="min-w-0 truncate">{words ? words(value) : value}</span>
            <Button
              kind="quiet"
              size="icon"
              aria-label="Take away"
              className="size-7 max-md:size-9"
              onClick={() => change(chosen.filter(one => one !== value))}
            >
              <X className="text-quiet" />
            </Button>
          </li>
        ))}
        <li>
          <Popover
            open={open}
            onOpenChange={setOpen}
            label={label}
            trigger={
              <Button
                ref={ref}
                id={id}
                size="sm"
                className="border-dashed"
                aria-describedby={`${id}-hint ${id}-error`}
              >
                <Plus /> {add}
              </Button>
            }
          >
            <Choose
              label={add}
              {...choose}
              chosen={chosen}
              onChoose={value =>
                change(chosen.includes(value) ? chosen.filter(one => one !== value) : [...chosen, value])
              }
            />
          </Popover>
        </li>
      </ul>
    </Frame>
  )
}
