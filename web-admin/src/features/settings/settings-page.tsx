//! What an organisation may tune, and the switch that stops everything.

import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import type { Tenant } from '@/api/types'
import { Form, RadioCards, SwitchField, TextArea, TextField } from '@/components/form'
import { Page } from '@/components/page'
import { ReadOnly } from '@/components/read-only'
import { Fact, Facts, Section } from '@/components/section'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { CopyCode } from '@/components/ui/copy'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { useSession } from '@/lib/session'
import { useSettingsActions } from './actions'
import { CallsSwitch } from './calls-switch'
import { SettingsNav } from './settings-nav'
import { between, fieldOf, patchOf, type SettingsValues, valuesOf } from './values'

export function SettingsPage() {
  const { tenant } = useSession()
  return (
    <Page title="Settings" description={`What holds for everybody at ${tenant.display_name}.`}>
      <SettingsNav />
      <div className="max-w-3xl">
        <SettingsForm key={JSON.stringify(valuesOf(tenant))} tenant={tenant} />
        <div className="mt-8">
          <CallsSwitch tenant={tenant} />
        </div>
        <Section title="About this organisation" className="mt-8">
          <Facts>
            <Fact name="Slug">
              <CopyCode text={tenant.slug} label="Copy the slug" />
            </Fact>
            <Fact name="Issuer">
              <CopyCode text={tenant.issuer} label="Copy the issuer" />
            </Fact>
            <Fact name="Gateway">
              {tenant.gateway_origins.map(origin => (
                <CopyCode key={origin} text={origin} label="Copy the origin" />
              ))}
            </Fact>
            <Fact name="Id">
              <CopyCode text={tenant.id} label="Copy the id" />
            </Fact>
          </Facts>
        </Section>
      </div>
    </Page>
  )
}

const Group = ({ title, children }: { title: string; children: ReactNode }) => (
  <Card className="p-4 md:p-5">
    <h2 className="mb-4 font-semibold text-base">{title}</h2>
    <div className="space-y-5">{children}</div>
  </Card>
)

function SettingsForm({ tenant }: { tenant: Tenant }) {
  const before = valuesOf(tenant)
  const form = useForm<SettingsValues>({ defaultValues: before })
  const { change } = useSettingsActions()
  const may = can.manageTenant(useSession())
  const { isDirty } = form.formState
  return (
    <Form
      form={form}
      fieldOf={fieldOf}
      onSubmit={async values => {
        await change(patchOf(before, values))
        toast.done('The settings are saved')
      }}
      actions={({ busy }) => (
        <>
          <Button type="submit" kind="primary" busy={busy} disabled={!isDirty} may={may}>
            Save
          </Button>
          {isDirty && <Button onClick={() => form.reset()}>Undo the changes</Button>}
        </>
      )}
    >
      <ReadOnly may={may}>
        <Group title="Name">
          <TextField
            name="displayName"
            label="Display name"
            hint="People read it when they sign in and when a client asks for their consent."
            rule={text => (text.trim() === '' ? 'needs a name' : undefined)}
          />
        </Group>
        <Group title="Tokens">
          <TextField
            name="accessTokenMinutes"
            label="Access tokens last, in minutes"
            inputMode="decimal"
            className="[&_input]:max-w-40"
            hint="5 to 720. Who loses access is refused at once, whatever stands here; it counts while a node cannot hear of it."
            rule={between(5, 720)}
          />
          <RadioCards
            name="refreshRotation"
            label="Refresh tokens"
            options={[
              {
                value: 'tolerant',
                label: 'Tolerant',
                hint: 'Changed at most once a day; the one before works for a day more. IDEs on several machines stay signed in.',
              },
              {
                value: 'strict',
                label: 'Strict',
                hint: 'Changed at each use. One that comes twice ends the connection: safer, and some IDEs have to sign in again.',
              },
            ]}
          />
          <TextField
            name="offlineHours"
            label="Nodes go on without the control plane for, in hours"
            inputMode="decimal"
            className="[&_input]:max-w-40"
            hint="0: not at all. Meanwhile nobody can be locked out: a leaver keeps access until their token ends."
            rule={text => (/^\d+(\.\d+)?$/.test(text.trim()) ? undefined : 'must be a number of hours')}
          />
        </Group>
        <Group title="Call log">
          <TextField
            name="callLogDays"
            label="Calls are kept for, in days"
            inputMode="numeric"
            className="[&_input]:max-w-40"
            hint="1 to 400. What is older is forgotten within the hour, and cannot be brought back."
            rule={between(1, 400)}
          />
        </Group>
        <Group title="Clients">
          <TextArea
            name="allowedOrigins"
            label="Origins of browser clients"
            optional
            code
            rows={3}
            placeholder="https://app.example.com"
            hint="Web pages that may call your servers, one a line. IDEs and agents need nothing here."
          />
          <SwitchField
            name="clientDocuments"
            label="Clients may name themselves by a URL"
            hint="Newer clients do not register: they give the address of a document about themselves."
          />
          <TextArea
            name="clientHostsAllowed"
            label="Only from these hosts"
            optional
            code
            rows={2}
            placeholder="example.com"
            hint="Hosts of such documents, one a line, each with all below it. Empty: from any."
          />
          <TextArea
            name="clientHostsDenied"
            label="Never from these hosts"
            optional
            code
            rows={2}
            placeholder="example.net"
            hint="Also where the other list has them."
          />
          <SwitchField
            name="privateUseSchemes"
            label="Native clients may return to a scheme of their own"
            hint="Such as com.example.app:. Those of known editors always may."
          />
        </Group>
      </ReadOnly>
    </Form>
  )
}
