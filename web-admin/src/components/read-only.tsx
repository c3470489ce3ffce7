//! Fields that a person may read and not change, with the reason above them.

import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import type { May } from '@/lib/can'

export const ReadOnly = ({ may, children }: { may: May; children: ReactNode }) => (
  <fieldset disabled={!may.yes} className="min-w-0 space-y-5">
    {!may.yes && (
      <p className="flex items-center gap-2 rounded-lg border border-line bg-card px-3 py-2.5 text-quiet">
        <Lock aria-hidden="true" className="size-4 shrink-0" />
        {may.why} You see how they are set.
      </p>
    )}
    {children}
  </fieldset>
)
