//! Makes a key of a service account.

import { useInfiniteQuery } from '@tanstack/react-query'
import { useForm } from 'react-hook-form'
import { type KeyOwner, serverList } from '@/api/queries'
import type { ApiKey } from '@/api/types'
import { ChooseList } from '@/components/choose'
import { RadioCards, SelectField, TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { useTenant } from '@/lib/session'
import { useKeyActions } from './actions'
import { EXPIRY_OPTIONS, type KeyForm, newKey } from './key-values'

type KeyDialogProps = {
  owner: KeyOwner
  onDone: (fresh: { key: ApiKey; secret: string; pending_nodes: number }) => void
  onClose: () => void
}

const REACH = [
  {
    value: 'all',
    label: 'All it may use',
    hint: 'Every server that is granted to the account, and the REST API.',
  },
  { value: 'some', label: 'Chosen servers', hint: 'Nothing else, even if more is granted later.' },
] as const

export function KeyDialog({ owner, onDone, onClose }: KeyDialogProps) {
  const { create } = useKeyActions()
  const form = useForm<KeyForm>({ defaultValues: { name: '', expiry: '90', reach: 'all', servers: [] } })
  const { reach, servers } = form.watch()
  return (
    <FormDialog
      title="Create a key"
      form={form}
      onSubmit={async values => onDone(await create(owner, newKey(values)))}
      onClose={onClose}
      fieldOf={field => (field === 'server_ids' ? 'reach' : field === 'expires_in_days' ? 'expiry' : field)}
      action="Create the key"
    >
      <TextField
        name="name"
        label="Name"
        autoFocus
        placeholder="Pipeline of the website"
        hint="Where it will be used: so that somebody dares to revoke it later."
        rule={text => (text.trim() ? undefined : 'A name is needed')}
      />
      <SelectField name="expiry" label="Works for" options={EXPIRY_OPTIONS} />
      <RadioCards name="reach" label="Reaches" options={REACH} />
      {reach === 'some' && (
        <ChooseList
          noun="servers"
          useRows={useServers}
          rowId={server => server.id}
          title={server => server.display_name}
          note={server => server.slug}
          chosen={new Set(servers)}
          onChange={chosen => form.setValue('servers', [...chosen], { shouldDirty: true })}
        />
      )}
    </FormDialog>
  )
}

const useServers = (q: string | undefined) => useInfiniteQuery(serverList(useTenant(), { q }))
