//! The parts of a section, each under an address of its own.

import { Link, type LinkProps, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

type TabsProps = {
  /** Of what these are parts. */
  label: string
  tabs: readonly {
    label: string
    link: LinkProps
    /** There are addresses below it that belong to it. */
    hasMore?: boolean
  }[]
}

export const Tabs = ({ label, tabs }: TabsProps) => (
  <nav
    ref={useTabInView()}
    aria-label={label}
    className="-mx-4 mb-5 overflow-x-auto px-4 shadow-[inset_0_-1px_0_var(--line)] [scrollbar-width:none] md:mx-0 md:px-0"
  >
    <ul className="flex w-max gap-5">
      {tabs.map(({ label, link, hasMore = false }) => (
        <li key={label}>
          <Link
            {...link}
            activeOptions={{ exact: !hasMore, includeSearch: false }}
            className="flex h-9 items-center whitespace-nowrap border-transparent border-b-2 text-quiet transition-colors hover:text-text focus-visible:-outline-offset-2 max-md:h-11"
            activeProps={{ className: 'border-accent! font-medium text-text!' }}
          >
            {label}
          </Link>
        </li>
      ))}
    </ul>
  </nav>
)

/** On a phone there may be more tabs than fit: the one that is open is among those that do. */
function useTabInView() {
  const tabs = useRef<HTMLElement>(null)
  const path = useLocation({ select: ({ pathname }) => pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is open when the path is another
  useEffect(() => {
    const open = tabs.current?.querySelector('[aria-current="page"]')
    open?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [path])
  return tabs
}
