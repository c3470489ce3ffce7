//! Sets what goes out for somebody: for oneself, or as a manager for anybody. Values are typed once.

import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useFieldArray, useForm } from 'react-hook-form'
import { TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { Button } from '@/components/ui/button'
import { Select } from '@/components/ui/field'
import { toast } from '@/components/ui/toast'
import { useServer } from '@/lib/server'
import { useSession } from '@/lib/session'
import { useCredentialActions } from './actions'
import { fieldOf, type OverrideValues, overrideBody } from './values'
import { WhomField } from './whom-field'

export function OverrideDialog({ onClose }: { onClose: () => void }) {
  const { server, may } = useServer()
  const me = useSession().user
  const { setOverride } = useCredentialActions()
  // Whoever only manages a server does not call it, and whoever only calls it sets nothing for others.
  const [isMine, setMine] = useState(!may.yes)
  const form = useForm<OverrideValues>({
    defaultValues: { whom: undefined, headers: [{ name: 'Authorization', value: '' }] },
  })
  const { fields, append, remove } = useFieldArray({ control: form.control, name: 'headers' })
  return (
    <FormDialog
      title="Set an override"
      description="From the next call on these headers go out, and nothing of what the server has. An override that was there is replaced."
      form={form}
      fieldOf={fieldOf}
      onSubmit={async values => {
        const whom = isMine ? undefined : values.whom
        if (!isMine && !whom)
          return form.setError('whom', { message: 'Choose for whom it is' }, { shouldFocus: true })
        await setOverride(overrideBody({ ...values, whom }))
        toast.done(`The override of ${whom?.display_name ?? me.display_name} is set`)
        onClose()
      }}
      onClose={onClose}
      action="Set the override"
    >
      {may.yes && server.your_role && (
        <Select
          aria-label="For whom"
          value={isMine ? 'me' : 'other'}
          onChange={event => setMine(event.target.value === 'me')}
        >
          <option value="other">For somebody else</option>
          <option value="me">For me</option>
        </Select>
      )}
      {!isMine && <WhomField />}
      <fieldset>
        <legend className="mb-1.5 font-medium">Headers</legend>
        <div className="space-y-3">
          {fields.map((field, at) => (
            <div key={field.id} className="flex items-start gap-2">
              <div className="grid min-w-0 flex-1 gap-3 sm:grid-cols-2">
                <TextField name={`headers.${at}.name`} label="Name" placeholder="Authorization" code />
                <TextField
                  name={`headers.${at}.value`}
                  label="Value"
                  type="password"
                  placeholder="Bearer …"
                  code
                  rule={text => (text.trim() === '' ? 'It is needed' : undefined)}
                />
              </div>
              <Button
                kind="quiet"
                size="icon"
                className="mt-6.5"
                aria-label="Remove this header"
                disabled={fields.length === 1}
                onClick={() => remove(at)}
              >
                <Trash2 />
              </Button>
            </div>
          ))}
        </div>
        <Button
          kind="quiet"
          size="sm"
          className="mt-2 -ml-2 text-accent"
          onClick={() => append({ name: '', value: '' })}
        >
          <Plus /> Add a header
        </Button>
      </fieldset>
    </FormDialog>
  )
}
