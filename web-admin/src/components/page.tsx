//! The frame of every page: its heading, what can be done here, and what stands there when there is nothing yet.

import { Link, type LinkProps } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { cn } from '@/lib/cn'

type PageProps = {
  title: string
  /** In the browser's tab; the heading unless something else is given. */
  tab?: string
  /** To the list that this is from. */
  back?: LinkProps & { children: string }
  /** One sentence on what this page is for. */
  description?: ReactNode
  /** Beside the heading: state, such as a badge. */
  aside?: ReactNode
  actions?: ReactNode
  /** Forms and prose read better in a narrower column. */
  width?: 'wide' | 'narrow'
  children: ReactNode
}

export function Page({ title, tab, back, description, aside, actions, width = 'wide', children }: PageProps) {
  useTitle(tab ?? title)
  return (
    <div
      className={cn(
        'mx-auto w-full px-4 pt-6 pb-16 md:px-8 md:pt-8',
        width === 'wide' ? 'max-w-7xl' : 'max-w-3xl',
      )}
    >
      {back && (
        <Link
          {...back}
          className="mb-1.5 -ml-1 inline-flex items-center gap-0.5 rounded text-[0.8125rem] text-quiet hover:text-text"
        >
          <ChevronLeft aria-hidden="true" className="size-4" />
          {back.children}
        </Link>
      )}
      <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <h1 className="font-semibold text-xl leading-8">{title}</h1>
            {aside}
          </div>
          {description && <p className="mt-1 max-w-2xl text-quiet">{description}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      <div className="mt-6">{children}</div>
    </div>
  )
}

function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · Portway`
  }, [title])
}

/** Nothing here yet: says what it would be for, and how to begin. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode
  title: string
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="flex flex-col items-center rounded-xl border border-line border-dashed px-6 py-12 text-center">
      {icon && (
        <span
          aria-hidden="true"
          className="mb-4 grid size-11 place-items-center rounded-xl border border-line bg-card text-accent shadow-card [&_svg]:size-5"
        >
          {icon}
        </span>
      )}
      <h2 className="font-semibold text-base">{title}</h2>
      <div className="mt-1.5 max-w-md text-quiet">{children}</div>
      {action && <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}
