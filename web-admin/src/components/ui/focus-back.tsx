//! The focus goes back to where it was when a dialog closes. Radix does so for dialogs that have a trigger of their own, and
//! ours are opened by the state of a page.

import { type RefObject, useRef, useState } from 'react'

/** For the content of a dialog: `<Opener of={opener} />` stands in it, so that it is asked before a field takes the focus. */
export function useFocusBack() {
  const opener = useRef<HTMLElement | null>(null)
  const onCloseAutoFocus = (event: Event) => {
    if (!opener.current?.isConnected) return
    event.preventDefault()
    opener.current.focus()
  }
  return { opener, onCloseAutoFocus }
}

export function Opener({ of }: { of: RefObject<HTMLElement | null> }) {
  useState(() => {
    of.current = focusedNow()
  })
  return null
}

/** Of a menu, which is gone when the dialog closes, it is the button. */
export function focusedNow(): HTMLElement | null {
  const focused = document.activeElement
  const button = focused?.closest('[role="menu"]')?.getAttribute('aria-labelledby')
  if (button) return document.getElementById(button)
  return focused instanceof HTMLElement ? focused : null
}
