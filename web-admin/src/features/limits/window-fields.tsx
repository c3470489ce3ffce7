import { Plus, X } from 'lucide-react'
import { useFieldArray, useFormContext } from 'react-hook-form'
import { SelectField, TextField } from '@/components/form'
import { Button } from '@/components/ui/button'
import { burstRule, type LimitValues, limitRule, PERIODS } from './values'

const WINDOWS_MAX = 4
const OPTIONS = PERIODS.map(value => ({ value, label: `per ${value}` }))

/** One to four windows, each of another period; all of them must have room. */
export function WindowFields() {
  const { control, getValues, watch } = useFormContext<LimitValues>()
  const { fields, append, remove } = useFieldArray({ control, name: 'windows' })
  const used = watch('windows').map(window => window.per)
  const free = PERIODS.find(period => !used.includes(period))
  return (
    <div className="space-y-3">
      {fields.map((field, at) => (
        <div
          key={field.id}
          className="grid grid-cols-2 items-start gap-x-2 gap-y-3 sm:grid-cols-[minmax(0,1fr)_9rem_minmax(0,1fr)_2.5rem]"
        >
          <TextField
            name={`windows.${at}.limit`}
            label={at === 0 ? 'At most' : 'and at most'}
            inputMode="numeric"
            rule={text => limitRule(text, getValues(`windows.${at}.per`))}
          />
          <SelectField name={`windows.${at}.per`} label="Period" options={OPTIONS} />
          <TextField
            name={`windows.${at}.burst`}
            label="At once"
            optional
            inputMode="numeric"
            placeholder={watch(`windows.${at}.limit`)}
            rule={text => burstRule(text, getValues(`windows.${at}.limit`))}
          />
          <Button
            kind="quiet"
            size="icon"
            aria-label="Take this window away"
            className="mt-7 max-sm:ml-auto"
            disabled={fields.length === 1}
            onClick={() => remove(at)}
          >
            <X className="text-quiet" />
          </Button>
        </div>
      ))}
      <p className="text-[0.8125rem] text-quiet">
        A budget refills evenly: after 60 per minute are used up, the next one is free a second later. “At
        once” is how many may come together after a calm time.
      </p>
      {fields.length < WINDOWS_MAX && free && (
        <Button
          size="sm"
          className="border-dashed"
          onClick={() => append({ limit: '', per: free, burst: '' })}
        >
          <Plus /> Add another period
        </Button>
      )}
    </div>
  )
}
