//! What is shown once: a key, a token, a link. A click beside it or Escape does not close it, so that it is not lost by
//! accident. It lives in the state of the page that asked for it and nowhere else.

import { TriangleAlert } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { Button } from './ui/button'
import { copyText } from './ui/copy'
import { Opener, useFocusBack } from './ui/focus-back'
import { toast } from './ui/toast'

type SecretDialogProps = {
  title: string
  secret: string
  /** What it is called on the button: “Copy the key”. */
  what: string
  /** What it opens, and that it is not shown again. */
  warning: ReactNode
  /** What to do with it. */
  children?: ReactNode
  onClose: () => void
}

export function SecretDialog({ title, secret, what, warning, children, onClose }: SecretDialogProps) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await copyText(secret)
      setCopied(true)
    } catch (error) {
      toast.failed(error)
    }
  }
  const stay = (event: Event) => event.preventDefault()
  const { opener, onCloseAutoFocus } = useFocusBack()
  return (
    <Radix.Root open>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          onEscapeKeyDown={stay}
          onInteractOutside={stay}
          onCloseAutoFocus={onCloseAutoFocus}
          className="fixed top-[12vh] left-1/2 z-40 max-h-[80vh] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 animate-appear overflow-y-auto rounded-xl border border-line bg-raised p-5 shadow-float"
        >
          <Opener of={opener} />
          <Radix.Title className="font-semibold text-base">{title}</Radix.Title>
          <Radix.Description asChild>
            <p className="mt-3 flex gap-2.5 rounded-lg bg-warning p-3 text-warning-text">
              <TriangleAlert aria-hidden="true" className="mt-px size-4.5 shrink-0" />
              <span>{warning}</span>
            </p>
          </Radix.Description>
          <code className="mt-4 block select-all break-all rounded-md border border-line bg-code px-3 py-2.5 font-mono text-[0.8125rem]">
            {secret}
          </code>
          {children && <div className="mt-4 text-quiet">{children}</div>}
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <Button onClick={onClose}>{copied ? 'Done' : 'I have stored it'}</Button>
            <Button kind="primary" onClick={() => void copy()}>
              {copied ? 'Copied' : `Copy the ${what}`}
            </Button>
            <span role="status" className="sr-only">
              {copied && 'Copied'}
            </span>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
