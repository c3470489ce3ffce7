//! Makes a group, or changes one.

import { useForm } from 'react-hook-form'
import type { Group } from '@/api/types'
import { RadioCards, TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { useGroupActions } from './actions'
import { type GroupForm, groupForm, groupPatch, newGroup } from './group-values'

const GIVES = [
  { value: 'none', label: 'No role', hint: 'Its members have what is granted to it, and nothing more.' },
  { value: 'auditor', label: 'Auditor', hint: 'They see all of the organisation, and change nothing.' },
  { value: 'admin', label: 'Admin', hint: 'They change everything except for owners.' },
] as const

type GroupDialogProps = {
  /** To be changed; a new one if absent. */
  group?: Group
  onDone?: (group: Group) => void
  onClose: () => void
}

export function GroupDialog({ group, onDone, onClose }: GroupDialogProps) {
  const { create, update } = useGroupActions()
  const form = useForm<GroupForm>({ defaultValues: groupForm(group) })
  const isTheirs = group?.source === 'scim'
  return (
    <FormDialog
      title={group ? 'Change the group' : 'Create a group'}
      form={form}
      onSubmit={async values => {
        const saved = group
          ? await update(group.id, groupPatch(group, values))
          : await create(newGroup(values))
        onClose()
        onDone?.(saved)
      }}
      onClose={onClose}
      fieldOfCode={{ 'group.name_taken': 'display_name' }}
      action={group ? 'Save' : 'Create the group'}
    >
      <TextField
        name="display_name"
        label="Name"
        autoFocus={!isTheirs}
        readOnly={isTheirs}
        placeholder="Engineering"
        {...(isTheirs && { hint: 'The identity provider decides about the name: change it there.' })}
        rule={text => (text.trim() ? undefined : 'A name is needed')}
      />
      <RadioCards name="tenant_role" label="Makes its members" options={GIVES} />
    </FormDialog>
  )
}
