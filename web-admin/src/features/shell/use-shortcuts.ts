//! The keyboard of the whole console. Single keys count only outside of fields and dialogs.

import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { SECTIONS } from './nav'

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)
export const MODIFIER = isApple ? '⌘' : 'Ctrl'

/** How long “g” waits for its second key. */
const SEQUENCE_MS = 1_200

export function useShortcuts(tenant: string, open: (what: 'palette' | 'shortcuts') => void) {
  const navigate = useNavigate()
  useEffect(() => {
    let pressedG = 0
    const press = (key: string) => {
      const isSecond = Date.now() - pressedG < SEQUENCE_MS
      pressedG = key === 'g' ? Date.now() : 0
      const section = isSecond ? SECTIONS.find(section => section.key === key) : undefined
      if (section) void navigate(section.link(tenant))
      else if (key === '?') open('shortcuts')
      else if (key === '/') return focusSearch()
      return false
    }
    const onKey = (event: KeyboardEvent) => {
      if (isPaletteKey(event)) {
        event.preventDefault()
        open('palette')
        return
      }
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || isBusy(event.target))
        return
      if (press(event.key)) event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [tenant, open, navigate])
}

const isPaletteKey = (event: KeyboardEvent) =>
  event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey

/** Whether the page has a search to go to. */
function focusSearch(): boolean {
  const search = document.querySelector<HTMLElement>('[data-search]')
  search?.focus()
  return search !== null
}

/** Somebody types, or has something open. */
const isBusy = (target: EventTarget | null) =>
  target instanceof Element &&
  target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"]') !== null
