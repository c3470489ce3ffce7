//! Editing a server, and taking it out of service: for a while, or for ever.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import { useState } from 'react'
import { type FieldValues, type UseFormReturn, useForm } from 'react-hook-form'
import { serverUses } from '@/api/queries'
import type { Server, ServerPatch } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { FormOrYaml } from '@/components/form-or-yaml'
import { EmptyState } from '@/components/page'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { toast } from '@/components/ui/toast'
import { useDocumentNames } from '@/lib/document/names'
import { useNames } from '@/lib/names'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { useServerActions } from './actions'
import { lossesOf } from './bundle-preview'
import { Losses } from './bundle-views'
import { serverFormat } from './server-document'
import { ServerForm } from './server-form'
import { patchOf, type ServerValues, valuesOf } from './server-values'
import { virtualFormat } from './virtual-document'
import { checked, VirtualForm } from './virtual-form'
import { type VirtualValues, virtualPatch, virtualValues } from './virtual-values'

export function ServerSettings() {
  const { server, may } = useServer()
  if (!may.yes) {
    return (
      <EmptyState icon={<Lock />} title="These settings are its managers’">
        {may.why} They are named under Collaborators.
      </EmptyState>
    )
  }
  return (
    <div className="max-w-3xl space-y-8">
      {/* A save gives the form its new ground. */}
      <Edit key={server.updated_at} server={server} />
      <OutOfService server={server} />
    </div>
  )
}

function Edit({ server }: { server: Server }) {
  const { update } = useServerActions()
  const save = async (patch: ServerPatch) => {
    await update(server.id, patch)
    toast.done('Saved: every node has it within a second')
  }
  return server.kind === 'virtual' ? (
    <EditVirtual server={server} onSave={save} />
  ) : (
    <EditSingle server={server} onSave={save} />
  )
}

type EditProps = { server: Server; onSave: (patch: ServerPatch) => Promise<void> }

const registered = ({ slug, status }: Server) => ({ slug, isEnabled: status === 'enabled' })

function EditSingle({ server, onSave }: EditProps) {
  const stored = valuesOf(server)
  const form = useForm<ServerValues>({ defaultValues: stored })
  const save = (values: ServerValues) => onSave(patchOf(values, server))
  return (
    <FormOrYaml {...{ form, stored }} format={serverFormat(registered(server))} onSubmit={save} action="Save">
      {review => (
        <ServerForm
          form={form}
          slug="fixed"
          onSubmit={save}
          actions={({ busy }) => <EditButtons {...{ form, busy, review }} />}
        />
      )}
    </FormOrYaml>
  )
}

function EditVirtual({ server, onSave }: EditProps) {
  const names = useDocumentNames()
  const stored = virtualValues(server)
  const form = useForm<VirtualValues>({ defaultValues: stored })
  const called = useNames(stored.members.map(({ server_id }) => server_id))
  const losses = ({ members }: Pick<VirtualValues, 'members'>) => (
    <Losses losses={lossesOf(stored.members, members, called.name)} />
  )
  const save = async (values: VirtualValues) => {
    const patch = virtualPatch(values, stored)
    if (patch.members) checked(values.members)
    await onSave(patch)
  }
  return (
    <FormOrYaml
      {...{ form, stored }}
      format={virtualFormat(names, registered(server), stored.members)}
      onSubmit={save}
      action="Save"
      consequences={losses}
    >
      {review => (
        <VirtualForm
          form={form}
          slug="fixed"
          onSubmit={save}
          actions={({ busy }) => <EditButtons {...{ form, busy, review }} />}
        >
          {losses({ members: form.watch('members') })}
        </VirtualForm>
      )}
    </FormOrYaml>
  )
}

type EditButtonsProps<T extends FieldValues> = { form: UseFormReturn<T>; busy: boolean; review: () => void }

function EditButtons<T extends FieldValues>({ form, busy, review }: EditButtonsProps<T>) {
  const { isDirty } = form.formState
  return (
    <>
      <Button type="submit" kind="primary" busy={busy} disabled={!isDirty}>
        Save
      </Button>
      <Button disabled={!isDirty || busy} onClick={review}>
        See what changes
      </Button>
      <Button disabled={!isDirty || busy} onClick={() => form.reset()}>
        Undo
      </Button>
    </>
  )
}

type Asked = 'disable' | 'delete' | undefined

function OutOfService({ server }: { server: Server }) {
  const { tenant } = useServer()
  const navigate = useNavigate()
  const { update, retire } = useServerActions()
  const [asked, setAsked] = useState<Asked>()
  const [busy, setBusy] = useState(false)
  const close = () => setAsked(undefined)
  const isDisabled = server.status === 'disabled'
  const enable = async () => {
    setBusy(true)
    await update(server.id, { status: 'enabled' }).then(
      () => toast.done(`${server.display_name} is enabled`),
      toast.failed,
    )
    setBusy(false)
  }
  return (
    <section aria-labelledby="out-of-service">
      <h2 id="out-of-service" className="mb-3 font-semibold text-base">
        Out of service
      </h2>
      <Card className="divide-y divide-line">
        <Step
          title={isDisabled ? 'Enable the server' : 'Disable the server'}
          text={
            isDisabled
              ? 'People can call it again, with what they had.'
              : 'Nobody can call it until it is enabled again. Nothing is lost.'
          }
        >
          {isDisabled ? (
            <Button busy={busy} onClick={() => void enable()}>
              Enable
            </Button>
          ) : (
            <Button onClick={() => setAsked('disable')}>Disable…</Button>
          )}
        </Step>
        <Step
          title="Delete the server"
          text="For ever, with everything that is stored for it. Its slug stays taken."
        >
          <Button kind="danger-quiet" onClick={() => setAsked('delete')}>
            Delete…
          </Button>
        </Step>
      </Card>
      <Confirm
        open={asked === 'disable'}
        onOpenChange={close}
        title={`Disable ${server.display_name}?`}
        action="Disable"
        consequences={
          <p>
            Calls that are under way are cut, and every IDE that has it gets an error until it is enabled
            again.
          </p>
        }
        onConfirm={async () => {
          await update(server.id, { status: 'disabled' })
          toast.done(`${server.display_name} is disabled`)
        }}
      />
      <Confirm
        open={asked === 'delete'}
        onOpenChange={close}
        title={`Delete ${server.display_name}?`}
        action="Delete for ever"
        word={server.slug}
        consequences={<DeleteConsequences tenant={tenant} server={server} />}
        onConfirm={async () => {
          await retire(server.id, server.slug)
          toast.done(`${server.display_name} is deleted`)
          await navigate(paths.servers(tenant))
        }}
      />
    </section>
  )
}

function DeleteConsequences({ tenant, server }: { tenant: string; server: Server }) {
  const { data } = useQuery({ ...serverUses(tenant, server.id), enabled: server.kind === 'single' })
  const uses = data?.items ?? []
  return (
    <>
      <p>This cannot be undone:</p>
      <ul>
        <li>
          <span className="break-all font-mono text-[0.8125rem]">{server.gateway_url}</span> stops working in
          every IDE.
        </li>
        <li>Keys, accounts and overrides that are stored for it are destroyed.</li>
        {uses.length > 0 && (
          <li>
            It leaves the virtual {uses.length === 1 ? 'server' : 'servers'}{' '}
            {uses.map(use => use.display_name).join(', ')}.
          </li>
        )}
        <li>No other server can ever have the slug {server.slug}.</li>
      </ul>
    </>
  )
}

function Step({ title, text, children }: { title: string; text: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 p-5">
      <div className="min-w-0 flex-1 basis-72">
        <h3 className="font-medium">{title}</h3>
        <p className="text-quiet">{text}</p>
      </div>
      {children}
    </div>
  )
}
