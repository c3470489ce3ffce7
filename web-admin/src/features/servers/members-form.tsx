//! The members of a virtual server that is registered, to be edited.

import { useForm } from 'react-hook-form'
import type { Server } from '@/api/types'
import { Form } from '@/components/form'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { useNames } from '@/lib/names'
import { ApiError } from '@/lib/problem'
import { useServerActions } from './actions'
import { BundleEditor } from './bundle-editor'
import { lossesOf } from './bundle-preview'
import { draftsOf, type MemberDraft, membersOf, mistakesOf } from './bundle-values'
import { Losses } from './bundle-views'

export function MembersForm({ server }: { server: Server }) {
  const { update } = useServerActions()
  const before = draftsOf(server.members ?? [])
  const form = useForm<{ members: MemberDraft[] }>({ defaultValues: { members: before } })
  const { isDirty } = form.formState
  const names = useNames(before.map(({ server_id }) => server_id))
  return (
    <Form
      form={form}
      onSubmit={async ({ members }) => {
        checked(members)
        await update(server.id, { members: membersOf(members) })
        toast.done('Saved: every node has it within a second')
      }}
      actions={({ busy }) => (
        <>
          <Button type="submit" kind="primary" busy={busy} disabled={!isDirty}>
            Save the members
          </Button>
          <Button disabled={!isDirty || busy} onClick={() => form.reset()}>
            Undo
          </Button>
        </>
      )}
    >
      <BundleEditor />
      <Losses losses={lossesOf(before, form.watch('members'), names.name)} />
    </Form>
  )
}

/** Throws what the API would refuse anyhow, as it would: the form puts it beside the fields. */
export function checked(members: readonly MemberDraft[]) {
  const errors = mistakesOf(members)
  if (errors.length === 0) return
  throw new ApiError(400, { code: 'invalid', detail: 'Some fields need correction.', errors })
}
