import { useRouterState } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'

/** After the new page has set its title. */
const SETTLED_MS = 150

/** Tells a screen reader which page came, as a browser does that loads one; and never leaves the focus on nothing. */
export function Announcer() {
  const path = useRouterState({ select: state => state.location.pathname })
  const shown = useRef(path)
  const [title, setTitle] = useState('')
  useEffect(() => {
    if (shown.current === path) return
    shown.current = path
    const timer = setTimeout(() => {
      setTitle(document.title)
      if (document.activeElement === document.body)
        document.getElementById('main')?.focus({ preventScroll: true })
    }, SETTLED_MS)
    return () => clearTimeout(timer)
  }, [path])
  return (
    <p aria-live="polite" className="sr-only">
      {title}
    </p>
  )
}
