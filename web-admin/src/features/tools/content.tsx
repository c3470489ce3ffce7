//! What a server answered, in parts: text, files, links to resources. Nothing of it is loaded or run: pictures and sounds
//! are named and can be saved.

import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { LinkedText } from '@/components/linked-text'
import { Raw } from '@/components/raw'
import { Button } from '@/components/ui/button'
import { type Json, member, textOf } from '@/lib/mcp'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { bytes } from '@/lib/units'
import { fileOf, fileWords, isWebAddress } from './content-words'

const SAVED_AFTER_MS = 10_000

/** One part of a tool's answer or of a prompt's message. */
export function Content({ part }: { part: Json }) {
  switch (textOf(part, 'type')) {
    case 'text':
      return <Text text={textOf(part, 'text') ?? ''} />
    case 'image':
    case 'audio':
      return <SavedFile data={textOf(part, 'data') ?? ''} type={textOf(part, 'mimeType')} />
    case 'resource':
      return <ResourceContent contents={member(part, 'resource') ?? null} />
    case 'resource_link':
      return <ResourceLink part={part} />
    default:
      return <Raw label="A part that the console does not know" text={JSON.stringify(part, null, 2)} />
  }
}

/** What a resource holds: text, or a file. */
export function ResourceContent({ contents }: { contents: Json }) {
  const uri = textOf(contents, 'uri')
  const text = member(contents, 'text')
  const type = textOf(contents, 'mimeType')
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 break-all font-mono text-quiet text-xs">
        {[uri, type].filter(Boolean).join(' · ')}
      </figcaption>
      {typeof text === 'string' ? (
        <Text text={text} />
      ) : (
        <SavedFile data={textOf(contents, 'blob') ?? ''} type={type} />
      )}
    </figure>
  )
}

const Text = ({ text }: { text: string }) => (
  <div className="max-h-[32rem] overflow-auto whitespace-pre-wrap break-words rounded-lg border bg-code px-3 py-2.5 font-mono text-[0.8125rem] leading-relaxed [overflow-wrap:anywhere]">
    {text === '' ? <span className="text-quiet">An empty text.</span> : <LinkedText text={text} />}
  </div>
)

function SavedFile({ data, type }: { data: string; type: string | undefined }) {
  const file = fileOf(data, type)
  if (!file) {
    return <p className="text-quiet">{fileWords(type)}, which is no Base64: the raw exchange has it.</p>
  }
  return (
    <p className="flex flex-wrap items-center gap-3 rounded-lg border bg-card px-3 py-2">
      <span className="min-w-0 flex-1">
        {fileWords(type)}, {bytes(file.blob.size)}
      </span>
      <Button size="sm" onClick={() => save(file.blob, file.name)}>
        <Download /> Save
      </Button>
    </p>
  )
}

function save(blob: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // Not at once: the browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_AFTER_MS)
}

function ResourceLink({ part }: { part: Json }) {
  const { tenant, server } = useServer()
  const uri = textOf(part, 'uri') ?? ''
  const name = textOf(part, 'title') ?? textOf(part, 'name') ?? uri
  const about = [textOf(part, 'description'), textOf(part, 'mimeType')].filter(Boolean).join(' · ')
  return (
    <p className="rounded-lg border bg-card px-3 py-2">
      {isWebAddress(uri) ? (
        <a href={uri} target="_blank" rel="noreferrer" className="link break-all">
          {name}
        </a>
      ) : (
        <Link
          {...paths.tools(tenant, server.id)}
          search={{ part: 'resources', resource: uri }}
          className="link break-all"
        >
          {name}
        </Link>
      )}
      <span className="block break-all font-mono text-quiet text-xs">{uri}</span>
      {about && <span className="block text-[0.8125rem] text-quiet">{about}</span>}
    </p>
  )
}
