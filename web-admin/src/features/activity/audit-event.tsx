import type { AuditEvent } from '@/api/types'
import { Fact, Facts } from '@/components/facts'
import { Button } from '@/components/ui/button'
import { CopyCode } from '@/components/ui/copy'
import { Dialog } from '@/components/ui/dialog'
import { exact } from '@/lib/time'
import { Actor, TargetName } from './audit-columns'
import type { AuditSearch } from './audit-search'
import { actionWords } from './audit-words'

type AuditEventDialogProps = {
  event: AuditEvent | undefined
  onClose: () => void
  onSearch: (change: Partial<AuditSearch>) => void
}

export function AuditEventDialog({ event, onClose, onSearch }: AuditEventDialogProps) {
  return (
    <Dialog
      open={event !== undefined}
      onOpenChange={open => !open && onClose()}
      title={event ? actionWords(event.action) : ''}
      className="w-[min(42rem,calc(100vw-2rem))]"
    >
      {event && <EventDetail event={event} onSearch={onSearch} />}
    </Dialog>
  )
}

function EventDetail({
  event,
  onSearch,
}: {
  event: AuditEvent
  onSearch: AuditEventDialogProps['onSearch']
}) {
  const { actor, target } = event
  const alike = (change: Partial<AuditSearch>, words: string) => (
    <Button size="sm" onClick={() => onSearch({ ...change, event: undefined })}>
      {words}
    </Button>
  )
  return (
    <>
      <div className="-mx-4">
        <Facts>
          <Fact name="When">{exact(event.at)}</Fact>
          <Fact name="Who">
            <Actor party={actor} />
          </Fact>
          <Fact name="Done to">
            <TargetName party={target} />{' '}
            <span className="text-quiet">({target.kind.replaceAll('_', ' ')})</span>
          </Fact>
          <Fact name="Code">
            <code className="font-mono text-xs">{event.action}</code>
          </Fact>
          <Fact name="Place in the chain">{event.seq}</Fact>
          <Fact name="Event id">
            <CopyCode text={event.id} label="Copy the event id" />
          </Fact>
        </Facts>
      </div>
      <h3 className="mt-4 mb-1.5 font-medium">Detail</h3>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="max-h-72 overflow-auto rounded-md border border-line bg-code p-3 font-mono text-xs"
      >
        {JSON.stringify(event.detail, null, 2)}
      </pre>
      <div className="mt-4 flex flex-wrap gap-2">
        {alike({ action: event.action }, 'All of this kind')}
        {actor.id && alike({ actor: actor.id }, 'All by them')}
        {target.id && alike({ target: target.id }, 'All done to it')}
      </div>
    </>
  )
}
