//! What trying a provider found: step by step, with what to correct.

import { CircleAlert, CircleCheck, CircleHelp } from 'lucide-react'
import type { Trial } from '@/api/types'
import { STEP_WORDS, verdict } from './words'

const ICONS = {
  passed: <CircleCheck aria-label="Passed" className="text-accent" />,
  failed: <CircleAlert aria-label="Failed" className="text-alert-text" />,
  unknown: <CircleHelp aria-label="Not known" className="text-quiet" />,
}

export const TrialSteps = ({ trial }: { trial: Trial }) => (
  <div role="status">
    <p className="font-medium">{verdict(trial)}</p>
    <ol className="mt-2 space-y-2">
      {trial.steps.map(({ step, outcome, message }) => (
        <li key={step} className="flex gap-2.5 [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0">
          {ICONS[outcome]}
          <span className="wrap-anywhere min-w-0">
            {STEP_WORDS[step] ?? step}
            <span className="block text-[0.8125rem] text-quiet">{message}</span>
          </span>
        </li>
      ))}
    </ol>
  </div>
)
