import { useForm } from 'react-hook-form'
import type { Tenant } from '@/api/types'
import { Form, TextArea, TextField } from '@/components/form'
import { Section, SectionBody } from '@/components/section'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { useTenantActions } from './actions'
import { fieldOf, patchOf, type TenantValues, valuesOf } from './tenant-values'

const CALLS_MAX = 100_000

export function TenantForm({ tenant }: { tenant: Tenant }) {
  const before = valuesOf(tenant)
  const form = useForm<TenantValues>({ defaultValues: before })
  const { update } = useTenantActions()
  const { isDirty } = form.formState
  return (
    <Section title="Settings" description="What its own administrators cannot change.">
      <SectionBody>
        <Form
          form={form}
          fieldOf={fieldOf}
          fieldOfCode={{ 'tenant.node_too_old': 'concurrentCalls' }}
          onSubmit={async values => {
            await update(tenant.slug, patchOf(before, values))
            toast.done(`${values.displayName.trim()} is saved`)
          }}
          actions={({ busy }) => (
            <>
              <Button type="submit" kind="primary" busy={busy} disabled={!isDirty}>
                Save
              </Button>
              {isDirty && <Button onClick={() => form.reset()}>Undo the changes</Button>}
            </>
          )}
        >
          <TextField
            name="displayName"
            label="Display name"
            rule={text => (text.trim() ? undefined : 'A name is needed')}
          />
          <TextArea
            name="gatewayOrigins"
            label="Gateway origins"
            code
            rows={2}
            hint="Where its servers are reached, one a line; the first stands in the lines for IDEs. IDEs that were set up with another origin have to be set up anew when that one goes."
            rule={text => (text.trim() ? undefined : 'At least one origin is needed')}
          />
          <TextField
            name="concurrentCalls"
            label="Calls under way at once, at most"
            optional
            inputMode="numeric"
            className="[&_input]:max-w-40"
            hint="On all nodes together: each lets its share through. Empty: no bound."
            rule={checkCalls}
          />
        </Form>
      </SectionBody>
    </Section>
  )
}

function checkCalls(text: string): string | undefined {
  if (text.trim() === '') return undefined
  const is = /^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= CALLS_MAX
  return is ? undefined : `must be a whole number, 1 to ${CALLS_MAX.toLocaleString('en')}, or empty`
}
