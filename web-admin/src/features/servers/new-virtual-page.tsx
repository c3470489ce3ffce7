//! A new virtual server: several servers behind one URL.

import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useForm } from 'react-hook-form'
import { FormOrYaml } from '@/components/form-or-yaml'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { useDocumentNames } from '@/lib/document/names'
import { paths } from '@/lib/paths'
import { useSession, useTenant } from '@/lib/session'
import { useServerActions } from './actions'
import { useSlugOfName } from './use-slug-of-name'
import { virtualFormat } from './virtual-document'
import { checked, VirtualForm } from './virtual-form'
import { NEW_VIRTUAL, type VirtualValues, virtualBody } from './virtual-values'

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

const ACTION = 'Create virtual server'

function NewVirtual() {
  const tenant = useTenant()
  const { tenant: organisation } = useSession()
  const navigate = useNavigate()
  const { register } = useServerActions()
  const names = useDocumentNames()
  const format = useMemo(() => virtualFormat(names), [names])
  const form = useForm<VirtualValues>({ defaultValues: NEW_VIRTUAL })
  useSlugOfName(form)
  const origin = organisation.gateway_origins[0]
  const save = async (values: VirtualValues) => {
    checked(values.members)
    const server = await register(virtualBody(values))
    toast.done(`${server.display_name} is there`)
    await navigate(paths.howToUse(tenant, server.id))
  }
  return (
    <FormOrYaml {...{ form, format }} onSubmit={save} action={ACTION}>
      {() => (
        <VirtualForm
          form={form}
          slug={{ around: origin === undefined ? undefined : [`${origin}/${tenant}/mcp/`, '/server'] }}
          onSubmit={save}
          actions={({ busy }) => (
            <>
              <Button type="submit" kind="primary" busy={busy}>
                {ACTION}
              </Button>
              <Button asChild>
                <Link {...paths.servers(tenant)}>Cancel</Link>
              </Button>
            </>
          )}
        />
      )}
    </FormOrYaml>
  )
}
