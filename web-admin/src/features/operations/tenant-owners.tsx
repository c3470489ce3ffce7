import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { Tenant } from '@/api/types'
import { TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { Section } from '@/components/section'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { useTenantActions } from './actions'
import { OwnerLink, type OwnerLinkProps } from './owner-link'

type Fresh = Omit<OwnerLinkProps, 'onClose'>

/** The way in for a first owner, or for one more where nobody can get in any more. */
export function TenantOwners({ tenant }: { tenant: Tenant }) {
  const [shown, show] = useState<'form' | Fresh>()
  const close = () => show(undefined)
  return (
    <>
      <Section
        title="Owners"
        description="Owners invite everybody else themselves. Invite one from here while there is none, or when none of them gets in any more."
        actions={
          <Button size="sm" onClick={() => show('form')}>
            <UserPlus /> Invite an owner
          </Button>
        }
      >
        {null}
      </Section>
      {shown === 'form' && <InviteDialog tenant={tenant} onLink={show} onClose={close} />}
      {shown !== undefined && shown !== 'form' && <OwnerLink {...shown} onClose={close} />}
    </>
  )
}

type InviteProps = { tenant: Tenant; onLink: (fresh: Fresh) => void; onClose: () => void }

function InviteDialog({ tenant, onLink, onClose }: InviteProps) {
  const { inviteOwner } = useTenantActions()
  const form = useForm({ defaultValues: { email: '' } })
  return (
    <FormDialog
      title={`Invite an owner of ${tenant.display_name}`}
      description="They follow a link that works once, and choose how they sign in."
      form={form}
      onSubmit={async ({ email }) => {
        const { invitation, link } = await inviteOwner(tenant.slug, email.trim())
        if (link) return onLink({ invitation, link })
        toast.done(`${invitation.email} is invited`)
        onClose()
      }}
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
        hint="Earlier links to this address end."
        rule={text => (text.trim() ? undefined : 'An address is needed')}
      />
    </FormDialog>
  )
}
