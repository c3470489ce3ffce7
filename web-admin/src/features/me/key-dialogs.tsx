//! Making a key, and replacing one. The key itself is shown once, and is kept nowhere in the console.

import { CircleAlert } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { ApiKey, NewApiKey } from '@/api/types'
import { Form, RadioCards, SelectField, TextField } from '@/components/form'
import { ServerName } from '@/components/names'
import { TokenField } from '@/components/token-field'
import { Button } from '@/components/ui/button'
import { CopyLine } from '@/components/ui/copy'
import { Dialog } from '@/components/ui/dialog'
import { useServerOptions } from '@/lib/options'
import { plural } from '@/lib/units'
import { useMyActions } from './actions'
import { EXPIRIES, type KeyValues, keyBody, keyFieldOf, NEW_KEY, OVERLAPS } from './key-values'

type NewKeyDialogProps = { open: boolean; onOpenChange: (open: boolean) => void }

export function NewKeyDialog({ open, onOpenChange }: NewKeyDialogProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="New API key">
      <NewKey close={() => onOpenChange(false)} />
    </Dialog>
  )
}

function NewKey({ close }: { close: () => void }) {
  const form = useForm<KeyValues>({ defaultValues: NEW_KEY })
  const { createKey } = useMyActions()
  const [fresh, setFresh] = useState<NewApiKey>()
  const reach = form.watch('reach')
  if (fresh) return <Fresh fresh={fresh} close={close} />
  return (
    <Form
      form={form}
      fieldOf={keyFieldOf}
      onSubmit={async values => {
        if (values.reach === 'chosen' && values.servers.length === 0) {
          form.setError('servers', { message: 'choose at least one' })
          return
        }
        setFresh(await createKey(keyBody(values)))
      }}
      actions={({ busy }) => (
        <>
          <Button type="submit" kind="primary" busy={busy}>
            Make the key
          </Button>
          <Button onClick={close}>Cancel</Button>
        </>
      )}
    >
      <TextField
        name="name"
        label="Name"
        placeholder="Nightly report"
        hint="What it is for."
        rule={text => (text.trim() === '' ? 'needs a name' : undefined)}
      />
      <SelectField name="expires" label="Ends after" options={EXPIRIES} />
      <RadioCards
        name="reach"
        label="Reaches"
        options={[
          { value: 'all', label: 'All you reach', hint: 'Every server of yours, and this API.' },
          { value: 'chosen', label: 'Chosen servers', hint: 'Nothing else, and not this API.' },
        ]}
      />
      {reach === 'chosen' && (
        <TokenField
          name="servers"
          label="Servers"
          none="None yet"
          add="Add a server"
          useOptions={useServerOptions}
          words={id => <ServerName id={id} />}
        />
      )}
    </Form>
  )
}

type RotateDialogProps = { apiKey: ApiKey | undefined; onOpenChange: (open: boolean) => void }

export function RotateDialog({ apiKey, onOpenChange }: RotateDialogProps) {
  return (
    <Dialog
      open={apiKey !== undefined}
      onOpenChange={onOpenChange}
      title={`Replace ${apiKey?.name ?? ''}`}
      description="A new key with the same name and reach. The old one works on for a while, so that nothing stops."
    >
      {apiKey && <Rotate apiKey={apiKey} close={() => onOpenChange(false)} />}
    </Dialog>
  )
}

function Rotate({ apiKey, close }: { apiKey: ApiKey; close: () => void }) {
  const form = useForm({ defaultValues: { overlap_s: '86400' } })
  const { rotateKey } = useMyActions()
  const [fresh, setFresh] = useState<NewApiKey>()
  if (fresh) return <Fresh fresh={fresh} close={close} />
  return (
    <Form
      form={form}
      onSubmit={async ({ overlap_s }) => setFresh(await rotateKey(apiKey.id, Number(overlap_s)))}
      actions={({ busy }) => (
        <>
          <Button type="submit" kind="primary" busy={busy}>
            Make the new key
          </Button>
          <Button onClick={close}>Cancel</Button>
        </>
      )}
    >
      <SelectField name="overlap_s" label="The old key ends" options={OVERLAPS} />
    </Form>
  )
}

function Fresh({ fresh, close }: { fresh: NewApiKey; close: () => void }) {
  return (
    <div>
      <p className="flex gap-2.5 rounded-lg border border-warning-line/50 bg-warning p-3">
        <CircleAlert aria-hidden="true" className="mt-px size-4.5 shrink-0 text-warning-text" />
        Copy it now: it is shown this once, and nobody can read it again.
      </p>
      <CopyLine text={fresh.secret} label="Copy the key" className="mt-3" />
      <p className="mt-3 text-quiet">
        Send it as{' '}
        <code className="rounded bg-code px-1.5 py-0.5 font-mono text-xs">Authorization: Bearer …</code>
        {fresh.pending_nodes > 0 &&
          `. ${plural(fresh.pending_nodes, 'node does', 'nodes do')} not know it yet: it works there in a moment.`}
      </p>
      <div className="mt-5 flex justify-end">
        <Button kind="primary" onClick={close}>
          I have it
        </Button>
      </div>
    </div>
  )
}
