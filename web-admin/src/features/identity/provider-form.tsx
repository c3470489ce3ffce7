//! The fields of an identity provider; beneath them what few need.

import { useRef, useState } from 'react'
import { type UseFormReturn, useForm } from 'react-hook-form'
import type { Trial } from '@/api/types'
import { Form, RadioCards, SwitchField, TextArea, TextField } from '@/components/form'
import { Button } from '@/components/ui/button'
import { ProviderAdvanced } from './provider-advanced'
import { isEntraMany, issuerOf, type Kind, type ProviderForm, providerField } from './provider-values'
import { TrialSteps } from './trial'
import { PRESETS } from './words'

type ProviderFieldsProps = {
  start: ProviderForm
  /** Of one that is saved: no presets, and the secret may stay. */
  isSaved?: boolean
  hasSecret?: boolean
  action: string
  onSave: (form: ProviderForm) => Promise<unknown>
  /** Tries what is typed, without saving it; not possible where the secret is not typed. */
  onTry?: (form: ProviderForm) => Promise<Trial>
}

const KINDS = (Object.keys(PRESETS) as Kind[]).map(value => ({
  value,
  label: PRESETS[value].label,
  hint: PRESETS[value].hint,
}))

export function ProviderFields(props: ProviderFieldsProps) {
  const { start, isSaved = false, hasSecret = false, action, onSave, onTry } = props
  const form = useForm<ProviderForm>({ defaultValues: start })
  const intent = useRef<'save' | 'try'>('save')
  const [trial, setTrial] = useState<Trial>()
  const submit = async (values: ProviderForm) => {
    setTrial(undefined)
    if (intent.current === 'try' && onTry) setTrial(await onTry(values))
    else await onSave(values)
  }
  return (
    <Form
      form={form}
      onSubmit={submit}
      fieldOf={providerField}
      fieldOfCode={{
        'identity_provider.label_taken': 'label',
        'identity_provider.scim_source_taken': 'scim_source',
      }}
      actions={({ busy }) => (
        <div className="w-full">
          {trial && (
            <div className="mb-5 rounded-lg border border-line p-4">
              <TrialSteps trial={trial} />
            </div>
          )}
          <div className="flex flex-wrap gap-2">
            <Button
              type="submit"
              kind="primary"
              busy={busy && intent.current === 'save'}
              onClick={() => {
                intent.current = 'save'
              }}
            >
              {action}
            </Button>
            {onTry && (
              <Button
                type="submit"
                busy={busy && intent.current === 'try'}
                onClick={() => {
                  intent.current = 'try'
                }}
              >
                Test without saving
              </Button>
            )}
          </div>
        </div>
      )}
    >
      {!isSaved && <RadioCards name="kind" label="Which provider?" options={KINDS} />}
      <Basics {...{ form, isSaved, hasSecret }} />
      <ProviderAdvanced form={form} />
    </Form>
  )
}

type BasicsProps = { form: UseFormReturn<ProviderForm>; isSaved: boolean; hasSecret: boolean }

function Basics({ form, isSaved, hasSecret }: BasicsProps) {
  const { kind, address, is_public } = form.watch()
  const preset = PRESETS[kind]
  const issuer = issuerOf({ kind, address })
  const isMany = isEntraMany(issuer)
  return (
    <>
      <TextField
        name="label"
        label="Name"
        placeholder={preset.name || 'Company login'}
        hint="On the button of the sign-in page: “Continue with …”."
        rule={needed('A name')}
      />
      {preset.address && (
        <TextField
          name="address"
          label={preset.address.label}
          placeholder={preset.address.placeholder}
          code
          hint={preset.address.hint}
          rule={needed(preset.address.label)}
        />
      )}
      {isMany && (
        <TextArea
          name="entra_tenants"
          label="Directories that may sign in"
          hint="Their tenant ids, a line each. People of other directories are refused."
          code
          rows={3}
          rule={needed('At least one')}
        />
      )}
      <TextField name="client_id" label="Client id" code rule={needed('The client id')} />
      {!is_public && (
        <TextField
          name="client_secret"
          label="Client secret"
          type="password"
          code
          hint={
            hasSecret
              ? 'One is stored, and is never shown. Leave this empty to keep it; a new issuer needs it again.'
              : 'Stored sealed, and never shown again.'
          }
          {...(!hasSecret && { rule: needed('The secret') })}
        />
      )}
      <SwitchField
        name="trust_email"
        label="Its e-mail addresses count as verified"
        hint="For providers that do not say so themselves, such as Entra: only if nobody but administrators gives addresses there."
      />
      <SwitchField
        name="scim_source"
        label="It is the source of SCIM"
        hint="People that were pushed are recognised at their first sign-in by this provider. One provider at most."
      />
      {!isSaved && kind !== 'other' && issuer && (
        <p className="text-[0.8125rem] text-quiet">
          Issuer: <code className="break-all font-mono text-xs">{issuer}</code>
        </p>
      )}
    </>
  )
}

const needed = (what: string) => (text: string) => (text.trim() ? undefined : `${what} is needed`)
