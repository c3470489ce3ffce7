//! Creates a tenant, and hands out the link of its first owner.

import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { toast } from '@/components/ui/toast'
import { operations } from '@/lib/paths'
import { slugOf } from '@/lib/slug'
import { useTenantActions } from './actions'
import { OwnerLink, type OwnerLinkProps } from './owner-link'

type Fresh = Omit<OwnerLinkProps, 'onClose'> & { slug: string }

export function NewTenantFlow({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [fresh, setFresh] = useState<Fresh>()
  if (!fresh) return <NewTenantDialog onLink={setFresh} onClose={onClose} />
  const { slug, ...link } = fresh
  const leave = () => {
    onClose()
    void navigate(operations.tenant(slug))
  }
  return <OwnerLink {...link} onClose={leave} />
}

const EMPTY = { display_name: '', slug: '', owner_email: '', pool: '', region: '' }

function NewTenantDialog({ onLink, onClose }: { onLink: (fresh: Fresh) => void; onClose: () => void }) {
  const { create } = useTenantActions()
  const navigate = useNavigate()
  const form = useForm({ defaultValues: EMPTY })
  const proposed = slugOf(form.watch('display_name'))
  const submit = async (typed: typeof EMPTY) => {
    const slug = typed.slug.trim() || slugOf(typed.display_name)
    // What is left out is as the deployment has it.
    const { pool, region, owner_email } = typed
    const more = Object.entries({ pool, region, owner_email }).filter(([, text]) => text.trim())
    const answer = await create({ slug, display_name: typed.display_name, ...Object.fromEntries(more) })
    const made = answer.owner_invitation
    if (made?.link) return onLink({ slug, link: made.link, invitation: made.invitation })
    toast.done(`${typed.display_name} is created`)
    onClose()
    await navigate(operations.tenant(slug))
  }
  return (
    <FormDialog
      title="Create a tenant"
      description="An organisation with its own people, servers, sign-in and keys."
      form={form}
      onSubmit={submit}
      onClose={onClose}
      fieldOfCode={{ 'tenant.slug_taken': 'slug' }}
      action="Create the tenant"
    >
      <TextField
        name="display_name"
        label="Name"
        autoFocus
        placeholder="Acme"
        rule={text => (text.trim() ? undefined : 'A name is needed')}
      />
      <TextField
        name="slug"
        label="Slug"
        code
        placeholder={proposed || 'acme'}
        optional
        hint="In every URL of the tenant, for ever; never given to another one. Empty: made from the name."
      />
      <TextField
        name="owner_email"
        label="E-mail address of the first owner"
        type="email"
        code
        optional
        placeholder="ana@example.com"
        hint="You get a link for them, which works once. Without an owner nobody can sign in yet."
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField name="pool" label="Pool" code optional placeholder="default" />
        <TextField name="region" label="Region" code optional placeholder="default" />
      </div>
      <p className="text-[0.8125rem] text-quiet">
        The nodes of its pool serve it, and no others. Neither changes later.
      </p>
    </FormDialog>
  )
}
