//! How the gateway opens the server's door: one choice, and the fields of that choice.

import { useQuery } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { useFieldArray, useFormContext, useWatch } from 'react-hook-form'
import { identityProviders } from '@/api/queries'
import { RadioCards, SelectField, SwitchField, TextArea, TextField } from '@/components/form'
import { Button } from '@/components/ui/button'
import { AUTH_WORDS, MODE_WORDS, PROFILE_WORDS, PROOF_WORDS } from '@/lib/auth-words'
import { useTenant } from '@/lib/session'
import type { AuthKind, ServerValues } from './server-values'

const KINDS: readonly AuthKind[] = [
  'oauth_per_user',
  'per_user_header',
  'shared_header',
  'client_credentials',
  'token_exchange',
  'passthrough',
  'none',
]
const OPTIONS = KINDS.map(value => ({
  value,
  label: AUTH_WORDS[value].label,
  hint: AUTH_WORDS[value].people,
}))

/** `isStored`: a server that is registered has its secrets already; an empty field leaves them. */
export function AuthFields({ isStored }: { isStored: boolean }) {
  const kind = useWatch<ServerValues, 'kind'>({ name: 'kind' })
  const secretHint = isStored ? 'Leave it empty to keep the stored one.' : undefined
  return (
    <>
      <RadioCards name="kind" label="How does Portway authenticate at the server?" options={OPTIONS} />
      {kind === 'shared_header' && <SharedFields secretHint={secretHint} />}
      {kind === 'per_user_header' && <OwnKeyFields />}
      {kind === 'oauth_per_user' && <OauthFields secretHint={secretHint} />}
      {kind === 'client_credentials' && <MachineFields secretHint={secretHint} />}
      {kind === 'token_exchange' && (
        <>
          <ExchangeFields />
          <MachineFields secretHint={secretHint} />
        </>
      )}
      {kind === 'passthrough' && <PassthroughFields />}
    </>
  )
}

function SharedFields({ secretHint }: { secretHint: string | undefined }) {
  const { fields, append, remove } = useFieldArray<ServerValues, 'shared.headers'>({ name: 'shared.headers' })
  return (
    <Rows title="Headers" onAdd={() => append({ name: '', value: '' })} add="Add a header">
      {fields.map((field, index) => (
        <Row key={field.id} onRemove={fields.length > 1 ? () => remove(index) : undefined}>
          <TextField name={`shared.headers.${index}.name`} label="Name" placeholder="Authorization" code />
          <TextField
            name={`shared.headers.${index}.value`}
            label="Value"
            type="password"
            placeholder={secretHint ? '••••••••' : 'Bearer …'}
            hint={secretHint}
            code
          />
        </Row>
      ))}
    </Rows>
  )
}

function OwnKeyFields() {
  const asked = useFieldArray<ServerValues, 'own_key.fields'>({ name: 'own_key.fields' })
  const headers = useFieldArray<ServerValues, 'own_key.headers'>({ name: 'own_key.headers' })
  return (
    <>
      <Rows
        title="What people are asked for"
        onAdd={() => asked.append({ name: '', label: '', hint: '' })}
        add="Ask for another"
      >
        {asked.fields.map((field, index) => (
          <Row key={field.id} onRemove={asked.fields.length > 1 ? () => asked.remove(index) : undefined}>
            <TextField name={`own_key.fields.${index}.label`} label="Label" placeholder="API key" />
            <TextField
              name={`own_key.fields.${index}.name`}
              label="Name in headers"
              placeholder="token"
              code
            />
            <TextField
              className="sm:col-span-2"
              name={`own_key.fields.${index}.hint`}
              label="Where they find it"
              optional
              placeholder="Settings → API keys"
            />
          </Row>
        ))}
      </Rows>
      <Rows
        title="Headers made of it"
        onAdd={() => headers.append({ name: '', value: '' })}
        add="Add a header"
      >
        {headers.fields.map((field, index) => (
          <Row key={field.id} onRemove={headers.fields.length > 1 ? () => headers.remove(index) : undefined}>
            <TextField name={`own_key.headers.${index}.name`} label="Name" placeholder="Authorization" code />
            <TextField
              name={`own_key.headers.${index}.value`}
              label="Value"
              placeholder="Bearer {token}"
              code
            />
          </Row>
        ))}
      </Rows>
    </>
  )
}

function OauthFields({ secretHint }: { secretHint: string | undefined }) {
  return (
    <>
      <p className="text-quiet">
        Usually nothing is needed here: the server says who its provider is, and Portway registers itself
        there. Fill in a client where the provider wants one to be registered by hand.
      </p>
      <Pair>
        <TextField name="oauth.client_id" label="Client id" optional code />
        <TextField
          name="oauth.client_secret"
          label="Client secret"
          optional
          type="password"
          hint={secretHint}
          code
        />
      </Pair>
      <TextField
        name="oauth.scopes"
        label="Scopes"
        optional
        placeholder="repo read:org"
        hint="Empty: what the server asks for."
        code
      />
      <More title="For providers that do it differently">
        <TextField name="oauth.issuer" label="Issuer" optional placeholder="https://auth.example.com" code />
        <Pair>
          <TextField name="oauth.endpoints.authorization" label="Authorization endpoint" optional code />
          <TextField name="oauth.endpoints.token" label="Token endpoint" optional code />
          <TextField name="oauth.endpoints.revocation" label="Revocation endpoint" optional code />
          <TextField name="oauth.endpoints.introspection" label="Introspection endpoint" optional code />
        </Pair>
        <TextArea
          name="oauth.extra_parameters"
          label="Further parameters of the authorization request"
          optional
          code
          rows={2}
          placeholder="access_type=offline"
          hint="One name=value on a line."
        />
        <SwitchField
          name="oauth.omit_resource"
          label="Leave out resource"
          hint="For providers that refuse it, such as Entra v2."
        />
        <SwitchField name="oauth.scope_on_refresh" label="Send the scopes again at each refresh" />
        <SwitchField name="oauth.id_token_as_bearer" label="The server takes the ID token" />
        <SwitchField
          name="oauth.without_pkce"
          label="Without PKCE"
          hint="Only where the provider knows none: a stolen code can then be redeemed."
        />
      </More>
    </>
  )
}

const PROFILES = Object.entries(PROFILE_WORDS).map(([value, label]) => ({ value, label }))

function ExchangeFields() {
  const tenant = useTenant()
  // Who may not see them leaves the choice as it is.
  const { data } = useQuery({ ...identityProviders(tenant), retry: false })
  const stored = useWatch<ServerValues, 'machine.identity_provider'>({ name: 'machine.identity_provider' })
  const known =
    data?.items.map(({ id, label }) => ({ value: id, label })) ??
    (stored ? [{ value: stored, label: stored }] : [])
  return (
    <Pair>
      <SelectField name="machine.profile" label="What is exchanged" options={PROFILES} />
      <SelectField
        name="machine.identity_provider"
        label="Whose tokens"
        options={[{ value: '', label: 'Of the one they signed in with' }, ...known]}
      />
    </Pair>
  )
}

const PROOFS = Object.entries(PROOF_WORDS).map(([value, label]) => ({ value, label }))

function MachineFields({ secretHint }: { secretHint: string | undefined }) {
  const proof = useWatch<ServerValues, 'machine.client_auth'>({ name: 'machine.client_auth' })
  return (
    <>
      <Pair>
        <TextField name="machine.client_id" label="Client id" code />
        <SelectField name="machine.client_auth" label="Shows who it is by" options={PROOFS} />
      </Pair>
      {proof === 'secret' ? (
        <TextField
          name="machine.client_secret"
          label="Client secret"
          type="password"
          hint={secretHint}
          code
        />
      ) : (
        <>
          <TextArea
            name="machine.private_key"
            label="Private key (PKCS#8, PEM)"
            optional
            code
            rows={4}
            hint={secretHint ?? 'Empty: the key of your organisation signs.'}
          />
          <TextField name="machine.key_id" label="Key id" optional code />
        </>
      )}
      <Pair>
        <TextField
          name="machine.issuer"
          label="Issuer"
          optional
          placeholder="https://auth.example.com"
          code
        />
        <TextField name="machine.token_endpoint" label="Token endpoint" optional code />
        <TextField name="machine.scopes" label="Scopes" optional code />
        <TextField name="machine.audience" label="Audience" optional code />
      </Pair>
      <More title="For providers that do it differently">
        <SwitchField
          name="machine.omit_resource"
          label="Leave out resource"
          hint="For providers that refuse it."
        />
        <TextArea
          name="machine.extra_parameters"
          label="Further parameters of the token request"
          optional
          code
          rows={2}
          hint="One name=value on a line."
        />
      </More>
    </>
  )
}

const MODES = Object.entries(MODE_WORDS).map(([value, words]) => ({ value, ...words }))

const PassthroughFields = () => <RadioCards name="passthrough.mode" label="Which token" options={MODES} />

const Pair = ({ children }: { children: ReactNode }) => (
  <div className="grid gap-4 sm:grid-cols-2">{children}</div>
)

/** What most people never need. Opens by itself when a refusal stands in it. */
export function More({ title, children }: { title: string; children: ReactNode }) {
  const { formState } = useFormContext()
  const details = useRef<HTMLDetailsElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: refusals come with a submit
  useEffect(() => {
    if (details.current?.querySelector('[aria-invalid="true"]')) details.current.open = true
  }, [formState.submitCount, formState.errors])
  return (
    <details ref={details}>
      <summary className="w-fit rounded font-medium text-accent">{title}</summary>
      <div className="mt-4 space-y-5">{children}</div>
    </details>
  )
}

function Rows({
  title,
  add,
  onAdd,
  children,
}: {
  title: string
  add: string
  onAdd: () => void
  children: ReactNode
}) {
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">{title}</legend>
      <div className="space-y-3">{children}</div>
      <Button kind="quiet" size="sm" className="mt-2 -ml-2 text-accent" onClick={onAdd}>
        <Plus /> {add}
      </Button>
    </fieldset>
  )
}

function Row({ onRemove, children }: { onRemove: (() => void) | undefined; children: ReactNode }) {
  return (
    <div className="relative rounded-lg border bg-card p-3 pr-12">
      <div className="grid gap-3 sm:grid-cols-2">{children}</div>
      <Button
        kind="quiet"
        size="icon"
        className="absolute top-2 right-2"
        aria-label="Remove"
        disabled={!onRemove}
        onClick={onRemove}
      >
        <Trash2 />
      </Button>
    </div>
  )
}
