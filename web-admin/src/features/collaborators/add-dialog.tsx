//! Giving the server to somebody: type a part of a name, choose, done.

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useId, useState } from 'react'
import { grantCandidates } from '@/api/queries'
import type { NamedSubject, ServerRole } from '@/api/types'
import { ProblemPanel } from '@/components/problem'
import { Who } from '@/components/subject'
import { Button } from '@/components/ui/button'
import { Dialog } from '@/components/ui/dialog'
import { Input, Select } from '@/components/ui/field'
import { toast } from '@/components/ui/toast'
import { useServer } from '@/lib/server'
import { useGrantActions } from './actions'

export function AddDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { server } = useServer()
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Who may use ${server.display_name}?`}
      description="A group is best: whoever joins it later may use the server, too."
    >
      <Candidates />
    </Dialog>
  )
}

/** Nobody’s name, so the API does not find it by one. */
const EVERYONE: readonly NamedSubject[] = [{ kind: 'everyone', display_name: 'Everyone', active: true }]

function Candidates() {
  const { tenant, server } = useServer()
  const [typed, setTyped] = useState('')
  const [role, setRole] = useState<ServerRole>('user')
  const q = useDeferredValue(typed.trim())
  const found = useQuery({ ...grantCandidates(tenant, server.id, q), placeholderData: keepPreviousData })
  const candidates = [
    ...EVERYONE.filter(({ display_name }) => display_name.toLowerCase().includes(q.toLowerCase())),
    ...(found.data?.items ?? []),
  ]
  const roleId = useId()
  return (
    <div className="space-y-3">
      <div className="flex gap-2">
        <Input
          aria-label="Part of a name"
          placeholder="Part of a name"
          autoFocus
          value={typed}
          onChange={event => setTyped(event.target.value)}
        />
        <label htmlFor={roleId} className="sr-only">
          Role
        </label>
        <Select
          id={roleId}
          className="w-36 shrink-0"
          value={role}
          onChange={event => setRole(event.target.value as ServerRole)}
        >
          <option value="user">User</option>
          <option value="manager">Manager</option>
        </Select>
      </div>
      {found.isError ? (
        <ProblemPanel error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <ul className="-mx-2 max-h-72 min-h-32 overflow-y-auto">
          {candidates.map(subject => (
            <li key={subject.id ?? subject.kind}>
              <Candidate subject={subject} role={role} />
            </li>
          ))}
          {found.data && candidates.length === 0 && (
            <li className="px-2 py-6 text-center text-quiet">Nobody of that name.</li>
          )}
        </ul>
      )}
    </div>
  )
}

function Candidate({ subject, role }: { subject: NamedSubject; role: ServerRole }) {
  const { put } = useGrantActions()
  const [state, setState] = useState<'idle' | 'busy' | 'given'>('idle')
  const give = async () => {
    setState('busy')
    try {
      await put(subject, role)
      setState('given')
    } catch (error) {
      toast.failed(error)
      setState('idle')
    }
  }
  return (
    <div className="flex items-center justify-between gap-3 rounded-md px-2 py-1.5 hover:bg-hover">
      <Who subject={subject} />
      <Button
        size="sm"
        busy={state === 'busy'}
        disabled={state === 'given'}
        aria-label={`Add ${subject.display_name}`}
        onClick={() => void give()}
      >
        {state === 'given' ? 'Added' : 'Add'}
      </Button>
    </div>
  )
}
