//! The forms of this tab as plain data, and the API's shapes that they become. Pure.

import type { NamedSubject, OutboundAuthInput } from '@/api/types'

type Header = { name: string; value: string }

/** `whom`: for oneself if nobody is chosen. */
export type OverrideValues = { whom: NamedSubject | undefined; headers: Header[] }
export type StoreValues = { whom: NamedSubject | undefined; values: Record<string, string> }
export type SharedValues = { headers: Header[] }

type Subject = Pick<NamedSubject, 'kind' | 'id'>
export type OverrideBody = { subject?: Subject; headers: Header[] }
export type StoreBody = { subject?: Subject; values: Record<string, string> }

const subjectOf = (whom: NamedSubject | undefined): { subject?: Subject } =>
  whom ? { subject: { kind: whom.kind, id: whom.id } } : {}

const typed = (headers: readonly Header[]): Header[] =>
  headers.map(({ name, value }) => ({ name: name.trim(), value: value.trim() }))

export const overrideBody = ({ whom, headers }: OverrideValues): OverrideBody => ({
  ...subjectOf(whom),
  headers: typed(headers),
})

export const storeBody = ({ whom, values }: StoreValues): StoreBody => ({ ...subjectOf(whom), values })

/** A header whose value is left empty keeps the stored one. */
export const sharedBody = ({ headers }: SharedValues): OutboundAuthInput => ({
  kind: 'shared_header',
  headers: typed(headers).map(({ name, value }) => (value === '' ? { name } : { name, value })),
})

/** Only they can present something: groups are granted servers, and call nothing. */
export const isCaller = ({ kind }: NamedSubject): boolean => kind === 'user' || kind === 'service_account'

/** The form's field for one of the API. */
export function fieldOf(field: string): string {
  const path = field.replace(/\[(\d+)\]/g, '.$1').replace(/^outbound_auth\./, '')
  if (path === 'headers') return 'headers.0.name'
  return path.startsWith('subject') ? 'whom' : path
}
