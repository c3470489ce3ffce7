//! For whom, in a form of a manager: a person or a service account, found by a part of the name.

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { useController, useFormContext } from 'react-hook-form'
import { grantCandidates } from '@/api/queries'
import type { NamedSubject } from '@/api/types'
import { Choose } from '@/components/choose-one'
import { useRefusal } from '@/components/form'
import { Who } from '@/components/subject'
import { Button } from '@/components/ui/button'
import type { Option, Options } from '@/lib/options'
import { useServer } from '@/lib/server'
import { isCaller } from './values'

export function WhomField() {
  const id = useId()
  const error = useRefusal('whom')
  const { watch, setValue, clearErrors } = useFormContext<{ whom: NamedSubject | undefined }>()
  const { ref } = useController({ name: 'whom' }).field
  const whom = watch('whom')
  const set = (next: NamedSubject | undefined) => {
    setValue('whom', next, { shouldDirty: true })
    clearErrors('whom')
  }
  return (
    <fieldset aria-describedby={`${id}-error`}>
      <legend className="mb-1.5 font-medium">For whom</legend>
      {whom ? (
        <div className="flex items-center justify-between gap-3 rounded-md border border-line bg-card px-3 py-2">
          <Who subject={whom} />
          <Button size="sm" onClick={() => set(undefined)}>
            Somebody else
          </Button>
        </div>
      ) : (
        <div className="overflow-hidden rounded-md border border-line">
          <Choose
            label="Part of a name"
            inputRef={ref}
            useOptions={useCallers}
            onChoose={(_, caller) => set(caller?.subject)}
          />
        </div>
      )}
      <p
        id={`${id}-error`}
        role={error ? 'alert' : undefined}
        className="mt-1 text-[0.8125rem] text-alert-text"
      >
        {error}
      </p>
    </fieldset>
  )
}

type Caller = Option & { subject: NamedSubject }

function useCallers(typed: string): Options<Caller> {
  const { tenant, server } = useServer()
  const { data, isPending } = useQuery({
    ...grantCandidates(tenant, server.id, typed),
    placeholderData: keepPreviousData,
  })
  const options = (data?.items ?? []).filter(isCaller).map(subject => ({
    value: subject.id ?? '',
    label: subject.display_name,
    hint: subject.kind === 'user' ? (subject.user_name ?? 'Person') : 'Service account',
    subject,
  }))
  return { options, isPending }
}
