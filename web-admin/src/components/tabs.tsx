//! The parts of a section, each under an address of its own.

import { Link, type LinkProps } from '@tanstack/react-router'

type TabsProps = {
  /** Of what these are parts. */
  label: string
  tabs: readonly { label: string; link: LinkProps }[]
}

export function Tabs({ label, tabs }: TabsProps) {
  return (
    <nav
      aria-label={label}
      className="-mx-4 mb-5 overflow-x-auto px-4 shadow-[inset_0_-1px_0_var(--line)] [scrollbar-width:none] md:mx-0 md:px-0"
    >
      <ul className="flex gap-5">
        {tabs.map(({ label, link }) => (
          <li key={label}>
            <Link
              {...link}
              activeOptions={{ exact: true, includeSearch: false }}
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
}
