//! Making an API key, replacing one, and its end. The key itself is shown once, and is kept nowhere in the console.

import { useForm } from 'react-hook-form'
import type { ApiKey, NewApiKey } from '@/api/types'
import { useKeyActions } from '@/lib/key-actions'
import { EXPIRIES, type KeyValues, keyBody, keyFieldOf, NEW_KEY, OVERLAPS } from '@/lib/key-values'
import { useServerOptions } from '@/lib/options'
import { plural } from '@/lib/units'
import { Confirm } from './confirm'
import { RadioCards, SelectField, TextField } from './form'
import { FormDialog } from './form-dialog'
import { ServerName } from './names'
import { SecretDialog } from './secret-dialog'
import { TokenField } from './token-field'
import { toast } from './ui/toast'

export type KeyAsked =
  | { what: 'create' }
  | { what: 'replace' | 'revoke'; key: ApiKey }
  | { what: 'fresh'; fresh: NewApiKey }

type KeyQuestionsProps = {
  asked: KeyAsked | undefined
  ask: (next: KeyAsked | undefined) => void
  /** The service account that a new key is for; else it is one's own. */
  account?: string
}

export function KeyQuestions({ asked, ask, account }: KeyQuestionsProps) {
  const close = () => ask(undefined)
  const show = (fresh: NewApiKey) => ask({ what: 'fresh', fresh })
  switch (asked?.what) {
    case undefined:
      return null
    case 'create':
      return <CreateDialog account={account} onDone={show} onClose={close} />
    case 'replace':
      return <ReplaceDialog apiKey={asked.key} onDone={show} onClose={close} />
    case 'fresh':
      return <FreshKey fresh={asked.fresh} onClose={close} />
    case 'revoke':
      return <Revoke apiKey={asked.key} onClose={close} />
  }
}

type DialogProps = { onDone: (fresh: NewApiKey) => void; onClose: () => void }

function CreateDialog({ account, onDone, onClose }: DialogProps & { account: string | undefined }) {
  const { create } = useKeyActions()
  const form = useForm<KeyValues>({ defaultValues: NEW_KEY })
  const submit = async (values: KeyValues) => {
    if (values.reach === 'chosen' && values.servers.length === 0) {
      form.setError('servers', { message: 'choose at least one' }, { shouldFocus: true })
      return
    }
    onDone(await create({ ...keyBody(values), ...(account && { service_account_id: account }) }))
  }
  const all = account ? 'Every server that is granted to the account' : 'Every server of yours'
  return (
    <FormDialog
      title="Create a key"
      form={form}
      fieldOf={keyFieldOf}
      onSubmit={submit}
      onClose={onClose}
      action="Create the key"
    >
      <TextField
        name="name"
        label="Name"
        autoFocus
        placeholder="Nightly report"
        hint="Where it is used: so that somebody dares to revoke it later."
        rule={text => (text.trim() === '' ? 'needs a name' : undefined)}
      />
      <SelectField name="expires" label="Ends after" options={EXPIRIES} />
      <RadioCards
        name="reach"
        label="Reaches"
        options={[
          {
            value: 'all',
            label: account ? 'All it may use' : 'All you reach',
            hint: `${all}, and this API.`,
          },
          { value: 'chosen', label: 'Chosen servers', hint: 'Nothing else, and not this API.' },
        ]}
      />
      {form.watch('reach') === 'chosen' && (
        <TokenField
          name="servers"
          label="Servers"
          none="None yet"
          add="Add a server"
          useOptions={useServerOptions}
          words={id => <ServerName id={id} />}
        />
      )}
    </FormDialog>
  )
}

function ReplaceDialog({ apiKey, onDone, onClose }: DialogProps & { apiKey: ApiKey }) {
  const { replace } = useKeyActions()
  const form = useForm({ defaultValues: { overlap_s: '86400' } })
  return (
    <FormDialog
      title={`Replace the key ${apiKey.name}`}
      description="A new key takes its place, with the same reach and as long a life."
      form={form}
      onSubmit={async ({ overlap_s }) => onDone(await replace(apiKey.id, Number(overlap_s)))}
      onClose={onClose}
      action="Make the new key"
    >
      <SelectField
        name="overlap_s"
        label="The old key works on for"
        options={OVERLAPS}
        hint="Enter the new one wherever the old one is before this time is over."
      />
    </FormDialog>
  )
}

const FreshKey = ({ fresh, onClose }: { fresh: NewApiKey; onClose: () => void }) => (
  <SecretDialog
    title={`The key ${fresh.key.name}`}
    secret={fresh.secret}
    what="key"
    warning="Whoever has this key acts as its owner. It is shown now, and never again."
    onClose={onClose}
  >
    Send it as <code className="font-mono text-xs">Authorization: Bearer …</code>, and keep it where secrets
    are kept.
    {fresh.pending_nodes > 0 &&
      ` ${plural(fresh.pending_nodes, 'node')} may not know it yet: if it is refused, wait a few seconds.`}
  </SecretDialog>
)

function Revoke({ apiKey: { id, name }, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { revoke } = useKeyActions()
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Revoke the key ${name}?`}
      consequences={
        <ul>
          <li>Every node refuses it within a second; calls that are under way are cut.</li>
          <li>It cannot be brought back. To swap it without a gap, replace it instead.</li>
        </ul>
      }
      action="Revoke the key"
      word={name}
      onConfirm={async () => {
        await revoke(id)
        toast.done(`The key ${name} is revoked`)
      }}
    />
  )
}
