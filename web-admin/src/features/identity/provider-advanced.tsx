//! What few need of an identity provider: other claims, groups by the sign-in, tokens that are kept.

import { useInfiniteQuery } from '@tanstack/react-query'
import { ChevronRight, Plus, X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { type UseFormReturn, useFieldArray, useFormState } from 'react-hook-form'
import { groupList } from '@/api/queries'
import { SelectField, SwitchField, TextField } from '@/components/form'
import { Button } from '@/components/ui/button'
import { Input, Select } from '@/components/ui/field'
import { useTenant } from '@/lib/session'
import type { ProviderForm } from './provider-values'

export function ProviderAdvanced({ form }: { form: UseFormReturn<ProviderForm> }) {
  const binding = form.watch('binding')
  const { errors, submitCount } = useFormState({ control: form.control })
  const details = useRef<HTMLDetailsElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a refusal that stands in it must be seen
  useEffect(() => {
    if (details.current?.querySelector('[aria-invalid="true"]')) details.current.open = true
  }, [errors, submitCount])
  return (
    <details ref={details} className="group rounded-lg border border-line">
      <summary className="flex h-11 list-none items-center gap-2 px-4 font-medium [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden="true"
          className="size-4 text-quiet transition-transform group-open:rotate-90"
        />
        More settings
        <span className="font-normal text-quiet max-md:hidden">
          Groups by the sign-in, claims, scopes, tokens that are kept
        </span>
      </summary>
      <div className="space-y-5 border-t p-4">
        <GroupMapping form={form} />
        <TextField
          name="scopes"
          label="Scopes"
          code
          hint="Separated by spaces. “offline_access” or what your provider calls it lets kept tokens be renewed."
        />
        <fieldset className="grid gap-4 sm:grid-cols-2">
          <legend className="mb-2 font-medium">Claims</legend>
          <TextField name="claim_subject" label="Subject" code />
          <TextField name="claim_email" label="E-mail address" code />
          <TextField name="claim_name" label="Name" code />
          <TextField name="claim_groups" label="Groups" code />
        </fieldset>
        <SelectField
          name="binding"
          label="How people of SCIM are recognised"
          options={[
            { value: 'issuer', label: 'As fits the provider (Okta: sub, Entra: oid)' },
            { value: 'own', label: 'By a rule of your own' },
          ]}
        />
        {binding === 'own' && (
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField name="binding_claim" label="The claim" code />
            <SelectField
              name="binding_attribute"
              label="is this attribute of SCIM"
              options={[
                { value: 'external_id', label: 'externalId' },
                { value: 'user_name', label: 'userName' },
              ]}
            />
          </div>
        )}
        <SwitchField
          name="keep_tokens"
          label="Keep what it gives at a sign-in"
          hint="Sealed, for servers to which this provider vouches for the caller (token exchange)."
        />
        <SwitchField
          name="id_jag"
          label="Take identity assertions (ID-JAG)"
          hint="IDEs whose people are signed in to this provider get a token without a browser."
        />
        <SwitchField
          name="is_public"
          label="A public client"
          hint="Without a secret: only where the provider gives none."
        />
      </div>
    </details>
  )
}

/** Values of the groups claim, and the local group that each means. */
function GroupMapping({ form }: { form: UseFormReturn<ProviderForm> }) {
  const { fields, append, remove } = useFieldArray({ control: form.control, name: 'groups' })
  const query = useInfiniteQuery(groupList(useTenant()))
  const groups = query.data?.pages.flatMap(page => page.items) ?? []
  const local = groups.filter(group => group.source === 'local')
  return (
    <fieldset>
      <legend className="font-medium">Groups by the sign-in</legend>
      <p className="mt-0.5 mb-2 text-[0.8125rem] text-quiet">
        On each sign-in a person is put into exactly the groups that the claim names. Groups of SCIM cannot be
        chosen.
      </p>
      <ul className="space-y-2">
        {fields.map((field, at) => (
          <li key={field.id} className="flex items-center gap-2">
            <Input
              {...form.register(`groups.${at}.value`)}
              aria-label="Value of the claim"
              placeholder="Value of the claim"
              className="min-w-0 flex-1 font-mono text-[0.8125rem]"
              autoCapitalize="none"
              spellCheck={false}
            />
            <Select {...form.register(`groups.${at}.group`)} aria-label="Group" className="min-w-0 flex-1">
              <option value="">Which group?</option>
              {local.map(group => (
                <option key={group.id} value={group.id}>
                  {group.display_name}
                </option>
              ))}
            </Select>
            <Button kind="quiet" size="icon" aria-label="Remove this line" onClick={() => remove(at)}>
              <X className="text-quiet" />
            </Button>
          </li>
        ))}
      </ul>
      <Button size="sm" className="mt-2" onClick={() => append({ value: '', group: '' })}>
        <Plus />
        Add a line
      </Button>
    </fieldset>
  )
}
