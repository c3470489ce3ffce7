//! People, groups and service accounts as rows show them.

import { Bot, Globe, User, Users } from 'lucide-react'
import type { NamedSubject } from '@/api/types'
import { Badge } from './ui/badge'

const ICONS = { user: User, group: Users, service_account: Bot, everyone: Globe }

function SubjectIcon({ kind }: { kind: NamedSubject['kind'] }) {
  const Icon = ICONS[kind]
  return (
    <span
      aria-hidden="true"
      className="grid size-8 shrink-0 place-items-center rounded-full bg-hover text-quiet"
    >
      <Icon className="size-4" />
    </span>
  )
}

/** What tells two of one name apart. */
function subjectWords({ kind, user_name, member_count }: NamedSubject): string {
  if (kind === 'user') return user_name ?? 'Person'
  if (kind === 'service_account') return 'Service account'
  if (kind === 'everyone') return 'Every active person of the organisation'
  const count = member_count ?? 0
  return `Group of ${count.toLocaleString('en')} ${count === 1 ? 'person' : 'people'}`
}

export function Who({ subject }: { subject: NamedSubject }) {
  return (
    <span className="flex min-w-0 items-center gap-2.5">
      <SubjectIcon kind={subject.kind} />
      <span className="min-w-0">
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">{subject.display_name}</span>
          {!subject.active && <Badge tone="warning">Deactivated</Badge>}
        </span>
        <span className="block truncate text-quiet text-xs">{subjectWords(subject)}</span>
      </span>
    </span>
  )
}
