import { Bot, Globe, User, Users } from 'lucide-react'
import type { NamedSubject } from '@/api/types'

const ICONS = { user: User, group: Users, service_account: Bot, everyone: Globe }

export function SubjectIcon({ kind }: { kind: NamedSubject['kind'] }) {
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
export function subjectWords({ kind, user_name, member_count }: NamedSubject): string {
  if (kind === 'user') return user_name ?? 'Person'
  if (kind === 'service_account') return 'Service account'
  if (kind === 'everyone') return 'Every active person of the organisation'
  const count = member_count ?? 0
  return `Group of ${count.toLocaleString('en')} ${count === 1 ? 'person' : 'people'}`
}
