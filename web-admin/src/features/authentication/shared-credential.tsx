//! The key that everybody calls with: since when, for where; another in its place, or none. Its value is never shown.

import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { OutboundAuth } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { Fact, Facts, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { useServer } from '@/lib/server'
import { useCredentialActions } from './actions'
import { fieldOf, type SharedValues, sharedBody } from './values'

type Shared = Extract<OutboundAuth, { kind: 'shared_header' }>

export function SharedCredential({ url, auth }: { url: string; auth: Shared }) {
  const { server, may } = useServer()
  const { setShared } = useCredentialActions()
  const [asked, ask] = useState<'replace' | 'remove'>()
  return (
    <Section
      title="The shared key"
      description="Sealed in the database and on its way to each node. It goes to one origin only, and never comes out."
      actions={
        <>
          <Button size="sm" may={may} onClick={() => ask('replace')}>
            Replace
          </Button>
          <Button size="sm" kind="danger-quiet" may={may} onClick={() => ask('remove')}>
            Remove
          </Button>
        </>
      }
    >
      <Facts>
        <Fact name="State">{auth.set_at ? <Badge tone="good">Stored</Badge> : <Badge>Not known</Badge>}</Fact>
        {auth.set_at && (
          <Fact name="Since">
            <Time at={auth.set_at} />
          </Fact>
        )}
        <Fact name="Goes to">
          <code className="break-all font-mono text-[0.8125rem]">{new URL(url).origin}</code>
        </Fact>
      </Facts>
      {asked === 'replace' && <Replace auth={auth} onClose={() => ask(undefined)} />}
      <Confirm
        open={asked === 'remove'}
        onOpenChange={() => ask(undefined)}
        title={`Remove the shared key of ${server.display_name}?`}
        action="Remove the key"
        word={server.slug}
        consequences={
          <ul>
            <li>Its value is destroyed, here and on every node: it cannot be brought back.</li>
            <li>Calls go out without authentication, until something else is chosen in the settings.</li>
          </ul>
        }
        onConfirm={async () => {
          await setShared({ kind: 'none' })
          toast.done('The shared key is removed')
        }}
      />
    </Section>
  )
}

function Replace({ auth, onClose }: { auth: Shared; onClose: () => void }) {
  const { setShared } = useCredentialActions()
  const headers = auth.headers.map(({ name }) => ({ name, value: '' }))
  const form = useForm<SharedValues>({ defaultValues: { headers } })
  return (
    <FormDialog
      title="Replace the shared key"
      description="The next call goes out with it. What is left empty stays as it is."
      form={form}
      fieldOf={fieldOf}
      onSubmit={async values => {
        await setShared(sharedBody(values))
        toast.done('The shared key is replaced')
        onClose()
      }}
      onClose={onClose}
      action="Replace the key"
    >
      {headers.map(({ name }, at) => (
        <TextField
          key={name}
          name={`headers.${at}.value`}
          label={name}
          type="password"
          placeholder="Bearer …"
          autoFocus={at === 0}
          code
          rule={() =>
            form.getValues('headers').some(({ value }) => value.trim() !== '')
              ? undefined
              : 'Type the new value'
          }
        />
      ))}
    </FormDialog>
  )
}
