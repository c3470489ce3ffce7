//! What is known about one thing: names on the left, values on the right; below each other on a phone.

import type { ReactNode } from 'react'

export const Facts = ({ children }: { children: ReactNode }) => (
  <dl className="divide-y divide-line">{children}</dl>
)

export const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="grid gap-x-4 gap-y-0.5 px-4 py-2.5 sm:grid-cols-[10rem_minmax(0,1fr)]">
    <dt className="text-quiet">{name}</dt>
    <dd className="min-w-0 break-words">{children}</dd>
  </div>
)
