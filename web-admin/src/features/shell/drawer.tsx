import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { Opener, useFocusBack } from '@/components/ui/focus-back'
import { Wordmark } from '@/components/wordmark'

/** The navigation of a narrow screen. */
export default function Drawer(props: { onOpenChange: (open: boolean) => void; children: ReactNode }) {
  const { opener, onCloseAutoFocus } = useFocusBack()
  return (
    <Radix.Root open onOpenChange={props.onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          onCloseAutoFocus={onCloseAutoFocus}
          className="fixed inset-y-0 left-0 z-40 flex w-72 max-w-[85vw] animate-slide-in flex-col border-r bg-card px-3 shadow-float"
        >
          <Opener of={opener} />
          <Radix.Title className="flex h-13 items-center px-2">
            <Wordmark />
            <span className="sr-only">: menu</span>
          </Radix.Title>
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
