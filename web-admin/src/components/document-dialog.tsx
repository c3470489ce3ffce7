//! A short form over the page of what files for `portway apply` can say, too: as a form, or as YAML.

import type { FieldValues } from 'react-hook-form'
import type { Format } from '@/lib/document/format'
import { DialogForm, type FormDialogProps } from './form-dialog'
import { FormOrYamlInDialog } from './form-or-yaml'
import { Dialog } from './ui/dialog'

type DocumentDialogProps<T extends FieldValues> = FormDialogProps<T> & {
  format: Format<T>
  /** What is changed; nothing for what is new. */
  stored?: T | undefined
}

/** Rendered while it is open: what was typed is forgotten with it. */
export function DocumentDialog<T extends FieldValues>(props: DocumentDialogProps<T>) {
  const { title, description, format, stored, ...dialog } = props
  const { form, onSubmit, onClose, action } = dialog
  return (
    <Dialog
      open
      onOpenChange={open => !open && onClose()}
      title={title}
      description={description}
      className="w-[min(40rem,calc(100vw-2rem))]"
    >
      <FormOrYamlInDialog {...{ form, format, onSubmit, action }} {...(stored && { stored })}>
        {review => <DialogForm {...dialog} review={stored && review} />}
      </FormOrYamlInDialog>
    </Dialog>
  )
}
