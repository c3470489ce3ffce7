//! Names in the place of ids. What has no name any more is shown by a piece of its id.

import { type Named, shortId, usePartyName, useServerName } from '@/lib/names'
import { Skeleton } from './ui/skeleton'

export const ServerName = ({ id }: { id: string }) => <Shown id={id} {...useServerName(id)} />

/** A person, a service account or a group. */
export const PartyName = ({ id }: { id: string }) => <Shown id={id} {...usePartyName(id)} />

function Shown({ id, name, isPending }: Named & { id: string }) {
  if (isPending) return <Skeleton className="inline-block h-3.5 w-20 align-middle" />
  if (name !== undefined) return name
  return (
    <span className="font-mono text-quiet text-xs" title={id}>
      {shortId(id)}
    </span>
  )
}
