//! A new virtual server: several servers behind one URL.

import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useForm } from 'react-hook-form'
import { Form, TextField } from '@/components/form'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { slugOf } from '@/lib/slug'
import { useServerActions } from './actions'
import { BundleEditor } from './bundle-editor'
import { type MemberDraft, membersOf } from './bundle-values'
import { checked } from './members-form'
import { required, SlugField } from './server-form'

type Values = { slug: string; display_name: string; description: string; members: MemberDraft[] }

export function NewVirtualPage() {
  const may = can.registerServers(useSession())
  return (
    <Page
      title="New virtual server"
      description="Chosen tools, prompts and resources of several servers, behind one URL."
      back={{ ...paths.servers(useTenant()), children: 'Servers' }}
      width="narrow"
    >
      {may.yes ? <NewVirtual /> : <EmptyState title="You may not register servers">{may.why}</EmptyState>}
    </Page>
  )
}

function NewVirtual() {
  const tenant = useTenant()
  const { tenant: organisation } = useSession()
  const navigate = useNavigate()
  const { register } = useServerActions()
  const form = useForm<Values>({
    defaultValues: { slug: '', display_name: '', description: '', members: [] },
  })
  useSlugOfName(form)
  const origin = organisation.gateway_origins[0]
  return (
    <Form
      form={form}
      fieldOfCode={{ 'server.slug_taken': 'slug' }}
      onSubmit={async ({ slug, display_name, description, members }) => {
        checked(members)
        const server = await register({
          slug: slug.trim(),
          display_name: display_name.trim(),
          description: description.trim(),
          members: membersOf(members),
        })
        toast.done(`${server.display_name} is there`)
        await navigate(paths.howToUse(tenant, server.id))
      }}
      actions={({ busy }) => (
        <>
          <Button type="submit" kind="primary" busy={busy}>
            Create virtual server
          </Button>
          <Button asChild>
            <Link {...paths.servers(tenant)}>Cancel</Link>
          </Button>
        </>
      )}
    >
      <Card className="space-y-5 p-5">
        <div className="grid gap-5 sm:grid-cols-2 sm:gap-4">
          <TextField
            name="display_name"
            label="Name"
            placeholder="Engineering"
            autoFocus
            rule={required('Give it a name that people know')}
          />
          <SlugField around={origin === undefined ? undefined : [`${origin}/${tenant}/mcp/`, '/server']} />
        </div>
        <TextField name="description" label="Description" optional placeholder="What people use it for." />
      </Card>
      <BundleEditor />
    </Form>
  )
}

/** The slug follows the name until somebody types one. */
function useSlugOfName(form: ReturnType<typeof useForm<Values>>) {
  const name = form.watch('display_name')
  useEffect(() => {
    if (!form.getFieldState('slug').isTouched) form.setValue('slug', slugOf(name))
  }, [form, name])
}
