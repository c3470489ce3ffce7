//! As a form, or as YAML.

import { cn } from '@/lib/cn'

type AsSwitchProps = { isYaml: boolean; onYaml: () => void; onForm: () => void }

export function AsSwitch({ isYaml, onYaml, onForm }: AsSwitchProps) {
  const side = 'h-8 px-3 text-[0.8125rem] max-md:h-10 first:rounded-l-md last:rounded-r-md'
  const now = 'bg-accent-soft font-medium text-accent'
  return (
    <fieldset className="flex w-fit rounded-md border border-line bg-card">
      <legend className="sr-only">Shown as</legend>
      <button type="button" aria-pressed={!isYaml} className={cn(side, !isYaml && now)} onClick={onForm}>
        Form
      </button>
      <button
        type="button"
        aria-pressed={isYaml}
        className={cn(side, 'border-l', isYaml && now)}
        onClick={onYaml}
      >
        YAML
      </button>
    </fieldset>
  )
}
