//! A short form over the page. Closes when the API took it; refusals stay in it, beside their fields.

import type { ReactNode } from 'react'
import type { FieldValues, UseFormReturn } from 'react-hook-form'
import { Form } from './form'
import { Button } from './ui/button'
import { Dialog } from './ui/dialog'

type FormDialogProps<T extends FieldValues> = {
  title: string
  description?: ReactNode
  form: UseFormReturn<T>
  /** Throws what the API refused. */
  onSubmit: (values: T) => Promise<unknown>
  onClose: () => void
  fieldOf?: (apiField: string) => string
  /** Refusals that name no field, and are about one: the code, and the form's field. */
  fieldOfCode?: Record<string, string>
  /** The verb on the button, such as “Create group”. */
  action: string
  children: ReactNode
}

/** Rendered while it is open: what was typed is forgotten with it. */
export function FormDialog<T extends FieldValues>(props: FormDialogProps<T>) {
  const { title, description, form, onSubmit, onClose, fieldOf, fieldOfCode, action, children } = props
  return (
    <Dialog open onOpenChange={open => !open && onClose()} title={title} description={description}>
      <Form
        form={form}
        onSubmit={onSubmit}
        {...(fieldOf && { fieldOf })}
        {...(fieldOfCode && { fieldOfCode })}
        actions={({ busy }) => (
          <div className="flex w-full justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" kind="primary" busy={busy}>
              {action}
            </Button>
          </div>
        )}
      >
        {children}
      </Form>
    </Dialog>
  )
}
