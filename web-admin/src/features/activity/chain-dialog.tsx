//! Recomputes the whole audit chain, and gives the place to note elsewhere.

import { useQueryClient } from '@tanstack/react-query'
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { auditVerification } from '@/api/queries'
import type { Verification } from '@/api/types'
import { Button } from '@/components/ui/button'
import { CopyLine } from '@/components/ui/copy'
import { Dialog } from '@/components/ui/dialog'
import { Input } from '@/components/ui/field'
import { explain } from '@/lib/problem'
import { useTenant } from '@/lib/session'
import { count, plural } from '@/lib/units'
import { atTheStart, further, type Walk } from './verify-chain'

type ChainDialogProps = { open: boolean; onOpenChange: (open: boolean) => void }

export function ChainDialog({ open, onOpenChange }: ChainDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Verify the audit log"
      description="Recomputes the hash of every event, from the first one on. An event that was changed, removed or put in later shows."
    >
      <ChainForm />
    </Dialog>
  )
}

function ChainForm() {
  const [anchor, setAnchor] = useState('')
  const { walk, error, isBusy, start } = useWalk()
  const field = useId()
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        void start(anchor.trim())
      }}
    >
      <label htmlFor={field} className="mb-1.5 block font-medium">
        Noted place <span className="font-normal text-quiet">(optional)</span>
      </label>
      <Input
        id={field}
        value={anchor}
        onChange={event => setAnchor(event.target.value)}
        placeholder="1204:5e88…"
        className="font-mono text-[0.8125rem]"
        spellCheck={false}
      />
      <p className="mt-1 text-[0.8125rem] text-quiet">
        From an earlier verification: everything up to it must still be the same.
      </p>
      {error !== undefined && (
        <p role="alert" className="mt-3 text-alert-text">
          {explain(error).what} {explain(error).todo}
        </p>
      )}
      <div role="status">{walk && <Found walk={walk} />}</div>
      <div className="mt-5 flex justify-end">
        <Button type="submit" kind="primary" busy={isBusy}>
          {walk?.isDone ? 'Verify again' : 'Verify'}
        </Button>
      </div>
    </form>
  )
}

function useWalk() {
  const tenant = useTenant()
  const client = useQueryClient()
  const [walk, setWalk] = useState<Walk>()
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const isOpen = useRef(true)
  useEffect(() => {
    isOpen.current = true
    return () => {
      isOpen.current = false
    }
  }, [])
  const start = async (anchor: string) => {
    setBusy(true)
    setError(undefined)
    let [so, after]: [Walk, number | undefined] = [atTheStart, undefined]
    setWalk(so)
    try {
      while (!so.isDone && isOpen.current) {
        const stretch: Verification = await client.fetchQuery(
          auditVerification(tenant, { after, anchor: anchor || undefined }),
        )
        so = further(so, stretch)
        after = stretch.next_after ?? undefined
        setWalk(so)
      }
    } catch (error) {
      setError(error)
      setWalk(undefined)
    } finally {
      setBusy(false)
    }
  }
  return { walk, error, isBusy, start }
}

function Found({ walk }: { walk: Walk }) {
  if (!walk.isDone) {
    return (
      <p className="mt-4 text-quiet">
        {walk.head > 0
          ? `${count(walk.checked)} of about ${count(walk.head)} events…`
          : 'Looking at the first events…'}
      </p>
    )
  }
  if (walk.flawsTotal === 0) {
    return (
      <div className="mt-4">
        <p className="flex items-center gap-2 font-medium">
          <CircleCheck aria-hidden="true" className="size-5 text-accent" />
          The chain holds: {plural(walk.checked, 'event')}, none changed, none missing.
        </p>
        {walk.place && (
          <>
            <p className="mt-3 mb-1.5 text-quiet">
              Note this where the database’s administrators do not write, and give it the next time:
            </p>
            <CopyLine text={walk.place} label="Copy the place" />
          </>
        )}
      </div>
    )
  }
  return (
    <div className="mt-4">
      <p className="flex items-center gap-2 font-medium text-alert-text">
        <TriangleAlert aria-hidden="true" className="size-5" />
        The chain does not hold, in {plural(walk.flawsTotal, 'place')}.
      </p>
      <ul className="mt-2 max-h-56 space-y-1.5 overflow-y-auto">
        {walk.flaws.map(flaw => (
          <li key={`${flaw.seq}${flaw.code}`}>
            <span className="font-medium">Event {flaw.seq}</span>: {flaw.message}{' '}
            <code className="font-mono text-quiet text-xs">{flaw.code}</code>
          </li>
        ))}
      </ul>
    </div>
  )
}
