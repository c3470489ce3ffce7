//! The focus goes back to where it was when a dialog closes. Radix does so for dialogs that have a trigger of their own, and
//! ours are opened by the state of a page.

import { type RefObject, useRef, useState } from 'react'

/** What had the focus, and what had it before: a dialog may have come in the place of another one, which is gone with it. */
type Way = readonly HTMLElement[]

/** Of the dialog that was opened last, while it is open. */
let latest: Way = []

/** For the content of a dialog: `<Opener of={opener} />` stands in it, so that it is asked before a field takes the focus. */
export function useFocusBack() {
  const opener = useRef<Way>([])
  const onCloseAutoFocus = (event: Event) => {
    event.preventDefault()
    if (latest === opener.current) latest = []
    // The button may be gone (a list that is empty no more), or be another one in its place: its words are the same then.
    const places = [...opener.current, ...opener.current.flatMap(sameAs), document.getElementById('main')]
    places.some(place => place && takesFocus(place))
  }
  return { opener, onCloseAutoFocus }
}

export function Opener({ of }: { of: RefObject<Way> }) {
  useState(() => {
    const focused = focusedNow()
    const isOfPage = focused && !focused.closest('[role="dialog"]')
    of.current = isOfPage ? [focused] : focused ? [focused, ...latest] : latest
    latest = of.current
  })
  return null
}

/** Of a menu, which is gone when the dialog closes, it is the button. */
export function focusedNow(): HTMLElement | null {
  const focused = document.activeElement
  const button = focused?.closest('[role="menu"]')?.getAttribute('aria-labelledby')
  if (button) return document.getElementById(button)
  return focused instanceof HTMLElement && focused !== document.body ? focused : null
}

const wordsOf = (element: Element) => element.getAttribute('aria-label') ?? element.textContent

function sameAs(gone: HTMLElement): HTMLElement[] {
  const buttons = document.querySelectorAll<HTMLElement>('main button, main a')
  return [...buttons].filter(button => button !== gone && wordsOf(button) === wordsOf(gone))
}

function takesFocus(place: HTMLElement): boolean {
  place.focus()
  return document.activeElement === place
}
