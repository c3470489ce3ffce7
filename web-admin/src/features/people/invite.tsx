//! Invites somebody, then shows the link that works once, if it is to be passed on by hand.

import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { Invitation, TenantRole } from '@/api/types'
import { RadioCards, TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { SecretDialog } from '@/components/secret-dialog'
import { toast } from '@/components/ui/toast'
import { useSession } from '@/lib/session'
import { exact } from '@/lib/time'
import { useInvitationActions } from './actions'
import { roleChoices } from './words'

type Fresh = { invitation: Invitation; link?: string | null }

export function InviteFlow({ onClose }: { onClose: () => void }) {
  const [fresh, setFresh] = useState<Fresh>()
  const settle = (answer: Fresh) => {
    if (answer.link) return setFresh(answer)
    toast.done(`The invitation of ${answer.invitation.email} is on its way`)
    onClose()
  }
  if (fresh) return <FreshLink {...fresh} onClose={onClose} />
  return <InviteDialog onDone={settle} onClose={onClose} />
}

export function FreshLink({ invitation, link, onClose }: Fresh & { onClose: () => void }) {
  return (
    <SecretDialog
      title={`${invitation.email} is invited`}
      secret={link ?? ''}
      what="link"
      warning="Whoever has this link gets in with this invitation. It is shown now, and never again."
      onClose={onClose}
    >
      Give it to {invitation.email} on a way that only they read. It works once, until{' '}
      {exact(invitation.expires_at)}. If it is lost, make a new one: that ends this one.
    </SecretDialog>
  )
}

type InviteForm = { email: string; role: TenantRole }

function InviteDialog({ onDone, onClose }: { onDone: (answer: Fresh) => void; onClose: () => void }) {
  const { invite } = useInvitationActions()
  const session = useSession()
  const form = useForm<InviteForm>({ defaultValues: { email: '', role: 'member' } })
  return (
    <FormDialog
      title="Invite somebody"
      description="They follow a link that works once, and choose how they sign in."
      form={form}
      onSubmit={async values => onDone(await invite(values))}
      onClose={onClose}
      fieldOfCode={{ 'invitation.user_exists': 'email' }}
      action="Invite"
    >
      <TextField
        name="email"
        label="E-mail address"
        type="email"
        code
        autoFocus
        placeholder="ana@example.com"
        rule={text => (text.trim() ? undefined : 'An address is needed')}
        hint="It becomes the name that they sign in with."
      />
      <RadioCards name="role" label="Role" options={roleChoices(session)} />
    </FormDialog>
  )
}
