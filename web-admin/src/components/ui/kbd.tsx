import type { ReactNode } from 'react'

export const Kbd = ({ children }: { children: ReactNode }) => (
  <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line bg-page px-1 font-sans text-[0.6875rem] text-quiet">
    {children}
  </kbd>
)
