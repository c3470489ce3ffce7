//! Puts a virtual server together: its members, what each offers and under which names, and below it what comes of that.

import { useQueries } from '@tanstack/react-query'
import { Layers, Plus } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useFormContext } from 'react-hook-form'
import { offered, serverNamed } from '@/api/queries'
import type { Server } from '@/api/types'
import { EmptyState } from '@/components/page'
import { Button } from '@/components/ui/button'
import type { Offered } from '@/lib/mcp'
import { useTenant } from '@/lib/session'
import { AddMembers } from './add-members'
import { type MemberDraft, mistakesOf, newMember } from './bundle-values'
import { Meetings, NamesPreview } from './bundle-views'
import { MemberCard } from './member-card'
import { proposedAlias } from './member-names'
import { LiveMistakes, useMistake } from './use-mistake'

type Values = { members: MemberDraft[] }

/** Within a form that has `members`. */
export function BundleEditor() {
  const { watch, setValue, clearErrors } = useFormContext<Values>()
  const drafts = watch('members')
  const [isAdding, setIsAdding] = useState(false)
  const servers = useServers(drafts)
  const lists = useToolLists(drafts)
  const live = useMemo(
    () => new Map(mistakesOf(drafts).map(({ field, message }) => [field, message])),
    [drafts],
  )
  const change = (next: MemberDraft[]) => {
    setValue('members', next, { shouldDirty: true })
    // Refusals name members by their place, which may be another's now.
    clearErrors('members')
  }
  const add = (chosen: readonly Server[]) => {
    const next = [...drafts]
    for (const { id, slug } of chosen)
      next.push(
        newMember(
          id,
          proposedAlias(
            slug,
            next.map(({ alias }) => alias),
          ),
        ),
      )
    change(next)
  }
  return (
    <LiveMistakes value={live}>
      <section aria-labelledby="members" className="space-y-4">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <h2 id="members" className="font-semibold text-base">
            Members
          </h2>
          <Button onClick={() => setIsAdding(true)}>
            <Plus /> Add servers
          </Button>
        </div>
        {drafts.map((draft, index) => (
          <MemberCard
            key={draft.server_id}
            index={index}
            draft={draft}
            server={servers.get(draft.server_id)}
            onChange={next => change(drafts.with(index, next))}
            onRemove={() => change(drafts.toSpliced(index, 1))}
          />
        ))}
        {drafts.length === 0 && (
          <EmptyState icon={<Layers />} title="No members yet">
            Pick the servers whose tools should stand behind one URL. You choose what each of them offers.
          </EmptyState>
        )}
        <MembersMistake isEmpty={drafts.length === 0} />
      </section>
      {drafts.length > 0 && (
        <>
          <NamesPreview drafts={drafts} lists={lists} nameOf={id => servers.get(id)?.display_name ?? id} />
          <Meetings drafts={drafts} servers={servers} />
        </>
      )}
      {isAdding && (
        <AddMembers
          members={drafts.map(({ server_id }) => server_id)}
          onAdd={add}
          onClose={() => setIsAdding(false)}
        />
      )}
    </LiveMistakes>
  )
}

/** Of the list as a whole; that it is empty is said when somebody tries to save it. */
function MembersMistake({ isEmpty }: { isEmpty: boolean }) {
  const { formState } = useFormContext()
  const mistake = useMistake('members')
  if (!mistake || (isEmpty && formState.submitCount === 0)) return null
  return (
    <p role="alert" className="text-[0.8125rem] text-alert-text">
      There {mistake}.
    </p>
  )
}

/** A member may be one that the person does not see: it is not in the map. */
function useServers(drafts: readonly MemberDraft[]): ReadonlyMap<string, Server> {
  const tenant = useTenant()
  const found = useQueries({ queries: drafts.map(({ server_id }) => serverNamed(tenant, server_id)) })
  return new Map(found.flatMap(({ data }) => (data ? [[data.id, data]] : [])))
}

function useToolLists(drafts: readonly MemberDraft[]): ReadonlyMap<string, readonly Offered[]> {
  const tenant = useTenant()
  const found = useQueries({ queries: drafts.map(({ server_id }) => offered(tenant, server_id, 'tools')) })
  const lists = new Map<string, readonly Offered[]>()
  found.forEach(({ data }, at) => {
    if (data && !data.refusal) lists.set(drafts[at]?.server_id ?? '', data.items)
  })
  return lists
}
