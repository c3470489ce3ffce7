//! Makes a service account, or changes its name and description.

import { useForm } from 'react-hook-form'
import type { ServiceAccount } from '@/api/types'
import { DocumentDialog } from '@/components/document-dialog'
import { TextArea, TextField } from '@/components/form'
import { type AccountValues, accountFormat } from './account-document'
import { useServiceAccountActions } from './actions'

type AccountDialogProps = {
  /** To be changed; a new one if absent. */
  account?: ServiceAccount
  onDone?: (account: ServiceAccount) => void
  onClose: () => void
}

export function AccountDialog({ account, onDone, onClose }: AccountDialogProps) {
  const { create, update } = useServiceAccountActions()
  const stored = account && { name: account.name, description: account.description }
  const form = useForm<AccountValues>({ defaultValues: stored ?? { name: '', description: '' } })
  return (
    <DocumentDialog
      title={account ? 'Change the service account' : 'Create a service account'}
      {...(!account && { description: 'It may use nothing until a server is granted to it.' })}
      {...{ form, stored }}
      format={accountFormat(account?.status !== 'deactivated')}
      onSubmit={async values => {
        const saved = account ? await update(account.id, values) : await create(values)
        onClose()
        onDone?.(saved)
      }}
      onClose={onClose}
      fieldOfCode={{ 'service_account.name_taken': 'name' }}
      action={account ? 'Save' : 'Create'}
    >
      <TextField
        name="name"
        label="Name"
        autoFocus
        placeholder="ci-deploys"
        hint="In the call log, calls stand under this name."
        rule={text => (text.trim() ? undefined : 'A name is needed')}
      />
      <TextArea name="description" label="What it is for" optional rows={3} />
    </DocumentDialog>
  )
}
