//! The form that registers and edits a server.

import type { ReactNode } from 'react'
import { type UseFormReturn, useWatch } from 'react-hook-form'
import { Form, TextArea, TextField } from '@/components/form'
import { Card } from '@/components/ui/card'
import { AuthFields, More } from './auth-fields'
import { NameFields, type NameFieldsProps, required } from './name-fields'
import { fieldOf, type ServerValues } from './server-values'

type ServerFormProps = {
  form: UseFormReturn<ServerValues>
  onSubmit: (values: ServerValues) => Promise<unknown>
  actions: (state: { busy: boolean }) => ReactNode
  slug: NameFieldsProps['slug']
  /** Stands around the field of the URL, to look at what is typed there. */
  aroundUrl?: (field: ReactNode) => ReactNode
}

export function ServerForm({ form, onSubmit, actions, slug, aroundUrl = field => field }: ServerFormProps) {
  const kind = useWatch({ control: form.control, name: 'kind' })
  const isStored = slug === 'fixed'
  return (
    <Form
      form={form}
      onSubmit={onSubmit}
      fieldOf={fieldOf(kind)}
      fieldOfCode={{ 'server.slug_taken': 'slug' }}
      actions={actions}
    >
      <Card className="space-y-5 p-5">
        {aroundUrl(
          <TextField
            name="upstream_url"
            label="URL of the MCP server"
            placeholder="https://mcp.example.com/mcp"
            hint="Where it speaks MCP over HTTP. Developers never see it: they get a URL of Portway’s."
            inputMode="url"
            autoFocus={!isStored}
            code
            rule={required('Paste the URL of the server')}
          />,
        )}
        <NameFields slug={slug} placeholder="GitHub" />
      </Card>
      <Card className="space-y-5 p-5">
        <AuthFields isStored={isStored} />
      </Card>
      <Card className="p-5">
        <More title="Advanced">
          <TextField
            name="timeout_s"
            label="Time for one call, in seconds"
            optional
            inputMode="decimal"
            placeholder="60"
            hint="1 to 600. Empty: what the nodes have."
            rule={text => (text.trim() === '' ? undefined : secondsRule(text))}
          />
          <TextArea
            name="static_headers"
            label="Headers on every request"
            optional
            code
            rows={2}
            placeholder="X-Team: platform"
            hint="One “Name: value” on a line. Everybody who manages the server sees them: no secrets."
          />
          <TextField
            name="forwardable_headers"
            label="Headers that callers may send along"
            optional
            code
            placeholder="x-trace-id"
            hint="In x-portway-mcp-headers, besides the ones that authenticate."
          />
          <TextArea
            name="ca_certificates"
            label="Certificates of authorities to trust besides the public ones (PEM)"
            optional
            code
            rows={3}
          />
        </More>
      </Card>
    </Form>
  )
}

/** What the API would say, in the unit of the field. */
function secondsRule(text: string): string | undefined {
  const seconds = Number(text)
  return seconds >= 1 && seconds <= 600 ? undefined : 'must be 1 to 600'
}
