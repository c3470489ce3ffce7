//! A short form over the page. Closes when the API took it; refusals stay in it, beside their fields.

import type { ReactNode } from 'react'
import type { FieldValues, UseFormReturn } from 'react-hook-form'
import { Form } from './form'
import { Button } from './ui/button'
import { Dialog } from './ui/dialog'

type DialogFormProps<T extends FieldValues> = {
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

export type FormDialogProps<T extends FieldValues> = DialogFormProps<T> & {
  title: string
  description?: ReactNode
}

/** Rendered while it is open: what was typed is forgotten with it. */
export function FormDialog<T extends FieldValues>({ title, description, ...form }: FormDialogProps<T>) {
  return (
    <Dialog open onOpenChange={open => !open && form.onClose()} title={title} description={description}>
      <DialogForm {...form} />
    </Dialog>
  )
}

/** `review`: shows what it changes. */
export function DialogForm<T extends FieldValues>(
  props: DialogFormProps<T> & { review?: (() => void) | undefined },
) {
  const { form, onSubmit, onClose, fieldOf, fieldOfCode, action, children, review } = props
  return (
    <Form
      form={form}
      onSubmit={onSubmit}
      {...(fieldOf && { fieldOf })}
      {...(fieldOfCode && { fieldOfCode })}
      actions={({ busy }) => (
        <div className="flex w-full flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          {review && (
            <Button disabled={busy} onClick={review}>
              See what changes
            </Button>
          )}
          <Button type="submit" kind="primary" busy={busy}>
            {action}
          </Button>
        </div>
      )}
    >
      {children}
    </Form>
  )
}
