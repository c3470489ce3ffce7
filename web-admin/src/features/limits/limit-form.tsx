//! The form of a limit: what it is about, what is counted apart, how many; and what all that means, as it is typed.

import { Link, type LinkProps, useNavigate } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useForm, useFormContext, useWatch } from 'react-hook-form'
import type { LimitWarning } from '@/api/types'
import { Form, RadioCards, SwitchField, TextField } from '@/components/form'
import { FormOrYaml } from '@/components/form-or-yaml'
import { PartyName, ServerName } from '@/components/names'
import { ReadOnly } from '@/components/read-only'
import { TokenField } from '@/components/token-field'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { useDocumentNames } from '@/lib/document/names'
import { useNames } from '@/lib/names'
import { useServerOptions, useSubjectOptions, useToolOptions } from '@/lib/options'
import { useSession } from '@/lib/session'
import { useLimitActions } from './actions'
import { limitFormat } from './limit-document'
import { sentence } from './sentence'
import { fieldOf, type LimitValues, specOf, warningWords } from './values'
import { WindowFields } from './window-fields'

type LimitFormProps = {
  id?: string
  values: LimitValues
  /** Where it leads when it is saved, or not. */
  back: LinkProps
}

export function LimitForm({ id, values, back }: LimitFormProps) {
  const navigate = useNavigate()
  const may = can.manageLimits(useSession())
  const limits = useLimitActions()
  const names = useDocumentNames()
  const format = useMemo(() => limitFormat(names), [names])
  const form = useForm<LimitValues>({ defaultValues: values })
  const [warned, setWarned] = useState<{ of: string; values: LimitValues; warnings: LimitWarning[] }>()
  const save = async (values: LimitValues) => {
    const spec = specOf(values)
    const of = JSON.stringify(spec)
    if (warned?.of !== of) {
      const warnings = await limits.check(id, spec)
      setWarned({ of, values, warnings })
      if (warnings.length > 0) return
    }
    await limits.save(id, spec)
    toast.done(`${spec.name} is ${spec.mode === 'audit' ? 'counting' : 'in force'}`)
    await navigate(back)
  }
  const isWarned = warned !== undefined && warned.warnings.length > 0
  const action = isWarned ? 'Save anyway' : 'Save'
  const warnings = isWarned && <Warnings {...warned} />
  return (
    <FormOrYaml
      {...{ form, may, action }}
      format={format}
      {...(id !== undefined && { stored: values })}
      onSubmit={save}
      notice={warnings}
    >
      {review => (
        <Form
          form={form}
          onSubmit={save}
          fieldOf={fieldOf}
          fieldOfCode={{ 'limit_rule.name_taken': 'name' }}
          actions={({ busy }) => (
            <>
              <Button type="submit" kind="primary" busy={busy} may={may}>
                {action}
              </Button>
              {id !== undefined && (
                <Button disabled={busy} onClick={review}>
                  See what changes
                </Button>
              )}
              <Button asChild>
                <Link {...back}>Cancel</Link>
              </Button>
            </>
          )}
        >
          <ReadOnly may={may}>
            <LimitFields />
          </ReadOnly>
          <WhatItDoes />
          {warnings}
        </Form>
      )}
    </FormOrYaml>
  )
}

function LimitFields() {
  return (
    <>
      <TextField
        name="name"
        label="Name"
        placeholder="Searches"
        hint="Whoever is refused reads it."
        rule={text => (text.trim() === '' ? 'needs a name' : undefined)}
      />
      <fieldset className="space-y-4">
        <legend className="mb-3 font-semibold text-base">Which requests</legend>
        <TokenField
          name="servers"
          label="Servers"
          none="All servers"
          add="Add a server"
          useOptions={useServerOptions}
          words={id => <ServerName id={id} />}
        />
        <TokenField
          name="tools"
          label="Tools"
          none="Every request: calls of all tools, lists, reading"
          add="Add a tool"
          hint="By the names that their own server gives them. With tools, only calls of these count."
          free
          useOptions={useToolOptions}
        />
        <TokenField
          name="subjects"
          label="Callers"
          none="Everybody"
          add="Add callers"
          useOptions={useSubjectOptions}
          words={id => <PartyName id={id} />}
        />
      </fieldset>
      <fieldset className="space-y-4">
        <legend className="mb-3 font-semibold text-base">How many</legend>
        <WindowFields />
        <SwitchField name="perSubject" label="For each caller" hint="Else all callers share one budget." />
        <SwitchField name="perServer" label="For each server" hint="Else all servers share one budget." />
        <SwitchField
          name="perTool"
          label="For each tool"
          hint="What is no tool call counts by its method, such as tools/list."
        />
      </fieldset>
      <RadioCards
        name="mode"
        label="What happens beyond"
        options={[
          {
            value: 'enforce',
            label: 'Refuse',
            hint: 'The caller reads the name of the limit and when to try again.',
          },
          {
            value: 'audit',
            label: 'Only count',
            hint: 'Nothing is refused: to see first what a limit would do.',
          },
        ]}
      />
      <RadioCards
        name="withoutRedis"
        label="While nodes cannot count together"
        options={[
          {
            value: 'local_share',
            label: 'Each node its share',
            hint: 'The limit divided by the nodes. Calls go on while Redis is away.',
          },
          { value: 'refuse', label: 'Refuse', hint: 'Nothing goes through until nodes can count again.' },
        ]}
      />
    </>
  )
}

function WhatItDoes() {
  const { control } = useFormContext<LimitValues>()
  const values = useWatch({ control }) as LimitValues
  const { name } = useNames([...values.servers, ...values.subjects])
  return (
    <Card className="p-4">
      <h2 className="font-semibold">What it does</h2>
      <p className="mt-1" aria-live="polite">
        {sentence(specOf(values), name)}
      </p>
    </Card>
  )
}

function Warnings({ values, warnings }: { values: LimitValues; warnings: LimitWarning[] }) {
  const { name } = useNames(values.subjects)
  return (
    <div role="alert" className="flex gap-2.5 rounded-lg border border-warning-line/50 bg-warning p-3">
      <TriangleAlert aria-hidden="true" className="mt-px size-4.5 shrink-0 text-warning-text" />
      <div>
        <p className="font-medium">Nothing is saved yet. This is probably not meant:</p>
        <ul className="mt-1 list-disc space-y-0.5 pl-4">
          {warnings.map(warning => (
            <li key={warning.field + warning.code}>{warningWords(warning, values, name)}</li>
          ))}
        </ul>
      </div>
    </div>
  )
}
