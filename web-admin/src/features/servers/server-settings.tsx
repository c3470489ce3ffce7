//! Editing a server, and taking it out of service: for a while, or for ever.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import { useState } from 'react'
import { type UseFormReturn, useForm } from 'react-hook-form'
import { serverUses } from '@/api/queries'
import type { Server } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { FormOrYaml } from '@/components/form-or-yaml'
import { EmptyState } from '@/components/page'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { toast } from '@/components/ui/toast'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { useServerActions } from './actions'
import { MembersForm } from './members-form'
import { serverFormat } from './server-document'
import { ServerForm } from './server-form'
import { patchOf, type ServerValues, valuesOf } from './server-values'

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
      {server.kind === 'virtual' && <MembersForm key={JSON.stringify(server.members)} server={server} />}
      <OutOfService server={server} />
    </div>
  )
}

function Edit({ server }: { server: Server }) {
  const { update } = useServerActions()
  const stored = valuesOf(server)
  const form = useForm<ServerValues>({ defaultValues: stored })
  const save = async (values: ServerValues) => {
    await update(server.id, patchOf(values, server))
    toast.done('Saved: every node has it within a second')
  }
  if (server.kind === 'virtual') return <EditForm form={form} server={server} onSubmit={save} />
  return (
    <FormOrYaml
      form={form}
      format={serverFormat({ slug: server.slug, isEnabled: server.status === 'enabled' })}
      stored={stored}
      onSubmit={save}
      action="Save"
    >
      {review => <EditForm form={form} server={server} onSubmit={save} review={review} />}
    </FormOrYaml>
  )
}

type EditFormProps = {
  form: UseFormReturn<ServerValues>
  server: Server
  onSubmit: (values: ServerValues) => Promise<unknown>
  review?: () => void
}

function EditForm({ form, server, onSubmit, review }: EditFormProps) {
  const { isDirty } = form.formState
  return (
    <ServerForm
      form={form}
      registered={{ kind: server.kind, gatewayUrl: server.gateway_url }}
      onSubmit={onSubmit}
      actions={({ busy }) => (
        <>
          <Button type="submit" kind="primary" busy={busy} disabled={!isDirty}>
            Save
          </Button>
          {review && (
            <Button disabled={!isDirty || busy} onClick={review}>
              See what changes
            </Button>
          )}
          <Button disabled={!isDirty || busy} onClick={() => form.reset()}>
            Undo
          </Button>
        </>
      )}
    />
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
