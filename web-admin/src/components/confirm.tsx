//! A question before something that cannot be undone, or that others feel at once: it says what will happen, and for the
//! irreversible asks to type a name. A failure is a toast; the dialog stays open.

import { type ReactNode, useId, useState } from 'react'
import { Button } from './ui/button'
import { Dialog } from './ui/dialog'
import { Input } from './ui/field'
import { toast } from './ui/toast'

type ConfirmProps = {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  /** What will happen, in full sentences or a list. */
  consequences: ReactNode
  /** The verb on the button, such as “Delete GitHub”. */
  action: string
  /** To be typed first, for what cannot be undone. */
  word?: string
  onConfirm: () => Promise<unknown>
}

export function Confirm({ open, onOpenChange, title, consequences, action, word, onConfirm }: ConfirmProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title}>
      <ConfirmForm {...{ consequences, action, word, onConfirm }} close={() => onOpenChange(false)} />
    </Dialog>
  )
}

type ConfirmFormProps = Pick<ConfirmProps, 'consequences' | 'action' | 'word' | 'onConfirm'> & {
  close: () => void
}

function ConfirmForm({ consequences, action, word, onConfirm, close }: ConfirmFormProps) {
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  const input = useId()
  const submit = async () => {
    setBusy(true)
    try {
      await onConfirm()
      close()
    } catch (error) {
      toast.failed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        void submit()
      }}
    >
      <div className="space-y-2 [&_ul]:list-disc [&_ul]:space-y-1 [&_ul]:pl-5">{consequences}</div>
      {word !== undefined && (
        <div className="mt-4">
          <label htmlFor={input} className="mb-1.5 block">
            Type <code className="rounded bg-code px-1.5 py-0.5 font-mono text-[0.8125rem]">{word}</code> to
            confirm
          </label>
          <Input
            id={input}
            value={typed}
            onChange={event => setTyped(event.target.value)}
            autoFocus
            autoCapitalize="none"
            spellCheck={false}
          />
        </div>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" kind="danger" busy={busy} disabled={word !== undefined && typed !== word}>
          {action}
        </Button>
      </div>
    </form>
  )
}
