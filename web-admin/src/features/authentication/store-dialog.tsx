//! A manager stores what somebody else presents, such as a service account, which opens no pages.

import { useForm } from 'react-hook-form'
import type { OutboundAuth } from '@/api/types'
import { TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { toast } from '@/components/ui/toast'
import { useCredentialActions } from './actions'
import { fieldOf, type StoreValues, storeBody } from './values'
import { WhomField } from './whom-field'

type Fields = Extract<OutboundAuth, { kind: 'per_user_header' }>['fields']

export function StoreDialog({ fields, onClose }: { fields: Fields; onClose: () => void }) {
  const { store } = useCredentialActions()
  const values = Object.fromEntries(fields.map(({ name }) => [name, '']))
  const form = useForm<StoreValues>({ defaultValues: { whom: undefined, values } })
  return (
    <FormDialog
      title="Store for somebody"
      description="They call with it from now on. It replaces what they had; nobody can read it again."
      form={form}
      fieldOf={fieldOf}
      onSubmit={async values => {
        const { whom } = values
        if (!whom) return form.setError('whom', { message: 'Choose whose it is' }, { shouldFocus: true })
        await store(storeBody(values))
        toast.done(`Stored for ${whom.display_name}`)
        onClose()
      }}
      onClose={onClose}
      action="Store"
    >
      <WhomField />
      {fields.map(({ name, label, hint }) => (
        <TextField
          key={name}
          name={`values.${name}`}
          label={label}
          hint={hint}
          type="password"
          code
          rule={text => (text.trim() === '' ? 'It is needed' : undefined)}
        />
      ))}
    </FormDialog>
  )
}
