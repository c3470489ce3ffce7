//! The tokens that identity providers push with: each is shown once.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { scimTokenList } from '@/api/queries'
import type { ScimToken } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { SelectField, TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { SecretDialog } from '@/components/secret-dialog'
import { Rows, RowText, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { useSession, useTenant } from '@/lib/session'
import { useScimActions } from './actions'

type Asked = 'create' | { token: ScimToken; secret?: string }

export function ScimTokens() {
  const may = can.manageProvisioning(useSession())
  const query = useInfiniteQuery(scimTokenList(useTenant()))
  const [asked, ask] = useState<Asked>()
  return (
    <Section
      title="Tokens"
      description="To rotate: make the second, enter it at the provider, delete the first."
      actions={
        <Button size="sm" may={may} onClick={() => ask('create')}>
          <Plus />
          Create a token
        </Button>
      }
    >
      <Rows
        label="Tokens"
        query={query}
        rowId={token => token.id}
        empty="No token yet: the identity provider needs one to push with."
      >
        {token => (
          <>
            <RowText
              title={
                <>
                  {token.name}
                  {token.status === 'expired' && <Badge tone="warning">Expired</Badge>}
                </>
              }
            >
              {token.last_used_at ? (
                <>
                  Used <Time at={token.last_used_at} />
                </>
              ) : (
                'Never used'
              )}
              {' · '}
              {token.expires_at ? (
                <>
                  ends <Time at={token.expires_at} />
                </>
              ) : (
                'never ends'
              )}
            </RowText>
            <Button size="sm" kind="danger-quiet" may={may} onClick={() => ask({ token })}>
              Delete
            </Button>
          </>
        )}
      </Rows>
      <Questions asked={asked} ask={ask} />
    </Section>
  )
}

function Questions({ asked, ask }: { asked: Asked | undefined; ask: (next: Asked | undefined) => void }) {
  const { removeToken } = useScimActions()
  const close = () => ask(undefined)
  if (!asked) return null
  if (asked === 'create') return <CreateToken onDone={ask} onClose={close} />
  const { token, secret } = asked
  if (secret) {
    return (
      <SecretDialog
        title={`The token ${token.name}`}
        secret={secret}
        what="token"
        warning="Whoever has this token creates, changes and deletes people here. It is shown now, and never again."
        onClose={close}
      >
        Enter it at the identity provider, beside the base URL: the guide on this page says where.
      </SecretDialog>
    )
  }
  return (
    <Confirm
      open
      onOpenChange={close}
      title={`Delete the token ${token.name}`}
      consequences={
        <ul>
          <li>
            It stops working at once. Whoever leaves the company is not locked out here until another is
            entered.
          </li>
          <li>People and groups that were pushed with it stay.</li>
        </ul>
      }
      action="Delete the token"
      word={token.name}
      onConfirm={async () => {
        await removeToken(token.id)
        toast.done(`The token ${token.name} is deleted`)
      }}
    />
  )
}

const EXPIRY_OPTIONS = [
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: '730', label: 'Two years' },
  { value: 'never', label: 'Never: until somebody deletes it' },
] as const

function CreateToken({ onDone, onClose }: { onDone: (asked: Asked) => void; onClose: () => void }) {
  const { createToken } = useScimActions()
  const form = useForm({ defaultValues: { name: '', expiry: '365' } })
  return (
    <FormDialog
      title="Create a SCIM token"
      form={form}
      onSubmit={async ({ name, expiry }) => {
        const never_expires = expiry === 'never'
        const body = { name, never_expires, ...(!never_expires && { expires_in_days: Number(expiry) }) }
        onDone(await createToken(body))
      }}
      onClose={onClose}
      fieldOf={field => (field === 'expires_in_days' ? 'expiry' : field)}
      action="Create the token"
    >
      <TextField
        name="name"
        label="Name"
        autoFocus
        placeholder="Okta"
        hint="Where it will be used."
        rule={text => (text.trim() ? undefined : 'A name is needed')}
      />
      <SelectField
        name="expiry"
        label="Works for"
        options={EXPIRY_OPTIONS}
        hint="When it ends, pushes are refused: the provider tells its administrators."
      />
    </FormDialog>
  )
}
