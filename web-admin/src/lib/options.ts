//! What there is to choose from, by what somebody has typed: hooks for `components/choose`.

import { useQuery } from '@tanstack/react-query'
import { groupsFound, machinesFound, serversFound, usage, usersFound } from '@/api/queries'
import { can } from './can'
import { useSession, useTenant } from './session'
import { useTags } from './tags'
import { plural } from './units'

export type Option = { value: string; label: string; hint?: string }
export type Options<O extends Option = Option> = { options: readonly O[]; isPending: boolean }

export function useServerOptions(typed: string): Options {
  const { data, isPending } = useQuery(serversFound(useTenant(), typed))
  const options = data?.items.map(({ id, display_name, slug }) => ({
    value: id,
    label: display_name,
    hint: slug,
  }))
  return { options: options ?? [], isPending }
}

/** Tags that servers have; of those servers that have been looked at. */
export function useTagOptions(typed: string): Options {
  const { tags, isPending } = useTags()
  return {
    options: matching(
      tags.map(tag => ({ value: tag, label: tag })),
      typed,
    ),
    isPending,
  }
}

/** People and service accounts; whoever may not see people has only themselves to choose. */
export function usePartyOptions(typed: string): Options {
  const tenant = useTenant()
  const session = useSession()
  const enabled = can.readPeople(session).yes
  const users = useQuery({ ...usersFound(tenant, typed), enabled })
  const machines = useQuery({ ...machinesFound(tenant, typed), enabled })
  const me = { value: session.user.id, label: session.user.display_name, hint: 'You' }
  if (!enabled) return { options: [me], isPending: false }
  const people = (users.data?.items ?? []).map(({ id, display_name, user_name }) =>
    id === me.value ? me : { value: id, label: display_name || user_name, hint: user_name },
  )
  const accounts = (machines.data?.items ?? []).map(({ id, name }) => ({
    value: id,
    label: name,
    hint: 'Service account',
  }))
  return { options: [...people, ...accounts], isPending: users.isPending || machines.isPending }
}

/** Whom a rule can be about: groups first, since most rules are about them. */
export function useSubjectOptions(typed: string): Options {
  const groups = useQuery(groupsFound(useTenant(), typed))
  const parties = usePartyOptions(typed)
  const found = (groups.data?.items ?? []).map(({ id, display_name }) => ({
    value: id,
    label: display_name,
    hint: 'Group',
  }))
  return { options: [...found, ...parties.options], isPending: parties.isPending || groups.isPending }
}

/** Those of a fixed list that have what was typed in them. */
export const matching = (options: readonly Option[], typed: string): readonly Option[] =>
  options.filter(({ label, value }) => `${label} ${value}`.toLowerCase().includes(typed.toLowerCase()))

const SUGGESTED = 50

/** What was called most in the last 30 days: tools, and the programs that called. */
function useLately(group_by: 'tool' | 'client', typed: string): Options {
  const { data, isPending } = useQuery(
    usage(useTenant(), { bucket: 'day', group_by, limit: SUGGESTED, range: '30d' }),
  )
  // Two servers may have a tool of one name.
  const calls = new Map<string, number>()
  for (const series of data?.series ?? []) {
    const name = series[group_by]
    if (name) calls.set(name, (calls.get(name) ?? 0) + series.total.calls)
  }
  const options = [...calls].map(([name, sum]) => ({ value: name, label: name, hint: plural(sum, 'call') }))
  return { options: matching(options, typed), isPending }
}

export const useToolOptions = (typed: string) => useLately('tool', typed)
export const useClientOptions = (typed: string) => useLately('client', typed)
