//! The switch that stops every call of the organisation.

import { Power, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { Tenant } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { cn } from '@/lib/cn'
import { useSession } from '@/lib/session'
import { useSettingsActions } from './actions'

export function CallsSwitch({ tenant }: { tenant: Tenant }) {
  const may = can.manageTenant(useSession())
  const { change } = useSettingsActions()
  const [open, setOpen] = useState(false)
  const isOff = tenant.settings.calls_off === true
  const turn = async (calls_off: boolean) => {
    await change({ settings: { calls_off } })
    toast.done(calls_off ? 'All calls are off' : 'Calls are on again')
  }
  return (
    <section
      aria-labelledby="calls-off"
      className={cn(
        'rounded-xl border p-4 shadow-card md:p-5',
        isOff ? 'border-warning-line/60 bg-warning' : 'border-alert-line/40 bg-card',
      )}
    >
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <h2 id="calls-off" className="flex items-center gap-2 font-semibold text-base">
            {isOff && <TriangleAlert aria-hidden="true" className="size-4.5 text-warning-text" />}
            {isOff ? 'All calls are off' : 'Stop all calls'}
          </h2>
          <p className="mt-1 text-quiet">
            {isOff
              ? 'Every call to every server is refused, and clients are told to try again later. Sign-in and this console go on.'
              : 'For an emergency: every call to every server ends, on every node, within a second. Nobody has to sign in again afterwards.'}
          </p>
        </div>
        {isOff ? (
          <Button kind="primary" may={may} onClick={() => void turn(false).catch(toast.failed)}>
            <Power /> Let calls through again
          </Button>
        ) : (
          <Button kind="danger-quiet" may={may} onClick={() => setOpen(true)}>
            <Power /> Turn all calls off
          </Button>
        )}
      </div>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title="Turn all calls off?"
        action="Turn all calls off"
        word={tenant.slug}
        consequences={
          <ul>
            <li>Calls and streams that are under way are cut off, within a second.</li>
            <li>
              Everybody at {tenant.display_name} is refused, people and machines, at every server, until
              somebody lets calls through again.
            </li>
            <li>A tool that is cut off may have done its work already.</li>
            <li>Sign-in, this console and the API go on; clients keep their tokens.</li>
          </ul>
        }
        onConfirm={() => turn(true)}
      />
    </section>
  )
}
