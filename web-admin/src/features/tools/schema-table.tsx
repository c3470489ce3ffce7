//! What a tool takes, to read: names, types, what is required; and the schemas as the server sent them.

import { Raw } from '@/components/raw'
import { Section, SectionBody } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { cn } from '@/lib/cn'
import { type JsonObject, member } from '@/lib/mcp'
import type { Field, Property } from './schema-form'
import { takesWords, typeWords } from './schema-words'

export function SchemaTable({ form, raw }: { form: Field; raw: JsonObject }) {
  const output = member(raw, 'outputSchema')
  const rows = form.kind === 'object' ? rowsOf(form.properties) : []
  return (
    <Section title="What it takes" description={takesWords(form)}>
      {rows.length > 0 && (
        <ul className="divide-y divide-line border-t">
          {rows.map(({ path, depth, property }) => (
            <li key={path} className="px-4 py-2.5 md:px-5">
              <div className={cn('border-l-2 pl-3', depth === 0 && 'border-transparent pl-0')}>
                <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
                  <code className="break-all font-medium font-mono text-[0.8125rem]">{path}</code>
                  {property.isRequired && <Badge>Required</Badge>}
                  <span className="break-words text-quiet text-xs">{typeWords(property.field)}</span>
                </p>
                {property.description && (
                  <p className="whitespace-pre-line break-words text-[0.8125rem] text-quiet">
                    {property.description}
                  </p>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      <SectionBody className="space-y-2">
        <RawSchema title="Schema of the arguments, as JSON" schema={member(raw, 'inputSchema')} />
        {output !== undefined && <RawSchema title="Schema of the answer, as JSON" schema={output} />}
      </SectionBody>
    </Section>
  )
}

type Row = { path: string; depth: number; property: Property }

const rowsOf = (properties: Property[], before = '', depth = 0): Row[] =>
  properties.flatMap(property => {
    const path = `${before}${property.name}`
    const { field } = property
    const inner = field.kind === 'object' ? rowsOf(field.properties, `${path}.`, depth + 1) : []
    return [{ path, depth, property }, ...inner]
  })

const RawSchema = ({ title, schema }: { title: string; schema: unknown }) => (
  <details>
    <summary className="w-fit rounded text-accent max-md:py-2">{title}</summary>
    <div className="mt-2">
      <Raw label={title} text={JSON.stringify(schema ?? null, null, 2)} />
    </div>
  </details>
)
