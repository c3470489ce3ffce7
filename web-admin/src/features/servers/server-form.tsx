//! The form that registers and edits a server.

import type { ReactNode } from 'react'
import { type UseFormReturn, useWatch } from 'react-hook-form'
import { Form, TextArea, TextField } from '@/components/form'
import { TokenField } from '@/components/token-field'
import { Card } from '@/components/ui/card'
import { useTagOptions } from '@/lib/options'
import { slugOf } from '@/lib/slug'
import { AuthFields, More } from './auth-fields'
import { fieldOf, type ServerValues } from './server-values'

type ServerFormProps = {
  form: UseFormReturn<ServerValues>
  onSubmit: (values: ServerValues) => Promise<unknown>
  actions: (state: { busy: boolean }) => ReactNode
  /** What is registered; nothing for a new server. */
  registered?: { kind: 'single' | 'virtual'; gatewayUrl: string }
  /** Where new servers get their URL: everything before the slug, and after. */
  urlAround?: [before: string, after: string]
  /** Stands around the field of the URL, to look at what is typed there. */
  aroundUrl?: (field: ReactNode) => ReactNode
}

export function ServerForm({
  form,
  onSubmit,
  actions,
  registered,
  urlAround,
  aroundUrl = field => field,
}: ServerFormProps) {
  const kind = useWatch({ control: form.control, name: 'kind' })
  const isVirtual = registered?.kind === 'virtual'
  return (
    <Form
      form={form}
      onSubmit={onSubmit}
      fieldOf={fieldOf(kind)}
      fieldOfCode={{ 'server.slug_taken': 'slug' }}
      actions={actions}
    >
      <Card className="space-y-5 p-5">
        {!isVirtual &&
          aroundUrl(
            <TextField
              name="upstream_url"
              label="URL of the MCP server"
              placeholder="https://mcp.example.com/mcp"
              hint="Where it speaks MCP over HTTP. Developers never see it: they get a URL of Portway’s."
              inputMode="url"
              autoFocus={!registered}
              code
              rule={required('Paste the URL of the server')}
            />,
          )}
        <div className="grid gap-5 sm:grid-cols-2 sm:gap-4">
          <TextField
            name="display_name"
            label="Name"
            placeholder="GitHub"
            rule={required('Give it a name that people know')}
          />
          {registered ? <FixedSlug /> : <SlugField around={urlAround} />}
        </div>
        <TextField name="description" label="Description" optional placeholder="What people use it for." />
        <TokenField
          name="tags"
          label="Tags"
          hint="Words to find it by, such as a team or prod: lower-case letters, digits and hyphens, at most 10."
          none="No tags"
          add="Add a tag"
          free
          useOptions={useTagOptions}
        />
      </Card>
      {!isVirtual && (
        <>
          <Card className="space-y-5 p-5">
            <AuthFields isStored={registered !== undefined} />
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
        </>
      )}
    </Form>
  )
}

export const required = (why: string) => (text: string) => (text.trim() === '' ? why : undefined)

/** What the API would say, in the unit of the field. */
function secondsRule(text: string): string | undefined {
  const seconds = Number(text)
  return seconds >= 1 && seconds <= 600 ? undefined : 'must be 1 to 600'
}

const FixedSlug = () => (
  <TextField name="slug" label="Slug" readOnly code hint="A part of the URL: it never changes." />
)

export function SlugField({ around }: { around: [string, string] | undefined }) {
  const slug = useWatch<ServerValues, 'slug'>({ name: 'slug' })
  return (
    <TextField
      name="slug"
      label="Slug"
      code
      placeholder="github"
      rule={slugRule}
      hint={
        around && (
          <span className="break-all">
            Its URL, for ever: {around[0]}
            <strong className="font-medium text-text">{slug || '…'}</strong>
            {around[1]}
          </span>
        )
      }
    />
  )
}

function slugRule(text: string): string | undefined {
  if (text.trim() === '') return 'It needs one'
  return slugOf(text) === text.trim() && text.trim().length >= 2
    ? undefined
    : 'Lower-case letters, digits and single hyphens, 2 to 40, a letter first'
}
