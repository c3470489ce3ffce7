import { Dialog } from '@/components/ui/dialog'
import { Kbd } from '@/components/ui/kbd'
import { SECTIONS } from './nav'
import { MODIFIER } from './use-shortcuts'

const GENERAL: [keys: string[], what: string][] = [
  [[MODIFIER, 'K'], 'Search and commands'],
  [['/'], 'Search in the list'],
  [['?'], 'These shortcuts'],
  [['↑', '↓'], 'Between rows of a list'],
  [['Enter'], 'Open the row'],
  [['Esc'], 'Close what is open'],
]

export default function Shortcuts({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const sections = SECTIONS.map(({ key, label }): [string[], string] => [
    ['G', key.toUpperCase()],
    `Go to ${label}`,
  ])
  return (
    <Dialog open onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <dl className="divide-y divide-line">
        {[...GENERAL, ...sections].map(([keys, what]) => (
          <div key={what} className="flex items-center justify-between gap-4 py-2">
            <dt>{what}</dt>
            <dd className="flex gap-1">
              {keys.map(key => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
