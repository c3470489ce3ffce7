//! Makes a group, or changes one.

import { useQueryClient } from '@tanstack/react-query'
import { useForm, useFormContext } from 'react-hook-form'
import { allGroupMembers } from '@/api/queries'
import type { Group } from '@/api/types'
import { DocumentDialog } from '@/components/document-dialog'
import { RadioCards, TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { listed } from '@/lib/count'
import { useDocumentNames } from '@/lib/document/names'
import { useTenant } from '@/lib/session'
import { useGroupActions } from './actions'
import { groupFormat } from './group-document'
import {
  type GroupForm,
  type GroupMember,
  groupForm,
  groupPatch,
  membersChange,
  newGroup,
} from './group-values'

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
  const { create, update, setMembers } = useGroupActions()
  const present = usePresent(group)
  const names = useDocumentNames()
  const stored = group && groupForm(group)
  const form = useForm<GroupForm>({ defaultValues: groupForm(group) })
  const isTheirs = group?.source === 'scim'
  const save = async (values: GroupForm) => {
    if (group) {
      const change = values.members && membersChange(await present(), values.members)
      const saved = await update(group.id, groupPatch(group, values))
      if (change) await setMembers(group.id, change)
      return saved
    }
    const made = await create(newGroup(values))
    // It is there by now: what is missing is put in on its page.
    if (values.members) await setMembers(made.id, membersChange([], values.members)).catch(toast.failed)
    return made
  }
  const dialog = {
    title: group ? 'Change the group' : 'Create a group',
    form,
    onSubmit: async (values: GroupForm) => {
      const saved = await save(values)
      onClose()
      onDone?.(saved)
    },
    onClose,
    fieldOfCode: { 'group.name_taken': 'display_name' },
    action: group ? 'Save' : 'Create the group',
    children: (
      <>
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
        <TypedMembers />
      </>
    ),
  }
  // Files cannot make what an identity provider owns.
  if (isTheirs) return <FormDialog {...dialog} />
  return <DocumentDialog {...dialog} format={groupFormat(names, present)} stored={stored} />
}

/** Who is in the group now. */
function usePresent(group: Group | undefined): () => Promise<readonly GroupMember[]> {
  const tenant = useTenant()
  const client = useQueryClient()
  return async () => (group ? client.fetchQuery({ ...allGroupMembers(tenant, group.id), staleTime: 0 }) : [])
}

const NAMED_MAX = 8

/** What only a document says: people are put in, and taken out, on the page of the group. */
function TypedMembers() {
  const { watch, setValue } = useFormContext<GroupForm>()
  const members = watch('members')
  if (!members) return null
  const names = members.map(({ user_name }) => user_name)
  const rest = names.length - NAMED_MAX
  return (
    <div>
      <p className="font-medium">Members, as typed in YAML</p>
      <p className="mt-0.5 mb-1.5 break-words text-quiet">
        {names.length === 0
          ? 'Nobody.'
          : `${listed(rest > 0 ? [...names.slice(0, NAMED_MAX), `${rest} more`] : names)}.`}
      </p>
      <Button size="sm" onClick={() => setValue('members', undefined)}>
        Leave them as they are
      </Button>
    </div>
  )
}
