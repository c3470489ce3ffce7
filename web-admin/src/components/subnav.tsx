//! The pages of one section, beside each other.

import { Link, type LinkProps } from '@tanstack/react-router'

type SubnavProps = {
  label: string
  items: readonly { label: string; link: LinkProps }[]
}

export function Subnav({ label, items }: SubnavProps) {
  return (
    <nav aria-label={label} className="-mt-2 mb-5 border-b">
      <ul className="-mb-px flex gap-5 overflow-x-auto">
        {items.map(({ label, link }) => (
          <li key={label}>
            <Link
              {...link}
              activeOptions={{ exact: true, includeSearch: false }}
              className="block whitespace-nowrap border-transparent border-b-2 py-2 text-quiet outline-offset-[-2px] hover:text-text max-md:py-2.5"
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
