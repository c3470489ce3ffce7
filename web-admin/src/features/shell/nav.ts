//! What the console has: one line for each section that exists, in the order of the side navigation. The palette and the
//! keyboard go by the same list.

import type { LinkProps } from '@tanstack/react-router'
import {
  Activity,
  CircleUser,
  Fingerprint,
  Gauge,
  type LucideIcon,
  Server,
  Settings,
  UsersRound,
} from 'lucide-react'
import { paths } from '@/lib/paths'

type Section = {
  label: string
  icon: LucideIcon
  /** The second key of the shortcut: g, then this. */
  key: string
  link: (tenant: string) => LinkProps
}

export const SECTIONS: readonly Section[] = [
  { label: 'Servers', icon: Server, key: 's', link: paths.servers },
  { label: 'People', icon: UsersRound, key: 'p', link: paths.people },
  { label: 'Identity', icon: Fingerprint, key: 'i', link: paths.identity },
  { label: 'Activity', icon: Activity, key: 'a', link: paths.calls },
  { label: 'Limits', icon: Gauge, key: 'l', link: paths.limits },
  { label: 'Settings', icon: Settings, key: ',', link: paths.settings },
  { label: 'Me', icon: CircleUser, key: 'm', link: paths.me },
]
