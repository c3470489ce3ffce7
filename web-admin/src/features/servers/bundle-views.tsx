//! What comes of the members of a virtual server: the names that clients see, what people meet, and what a change takes away.

import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { Server } from '@/api/types'
import { RowItem, RowList, RowText, Section, SectionBody } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Hint } from '@/components/ui/tooltip'
import { count, listed } from '@/lib/count'
import type { Offered } from '@/lib/mcp'
import { type Mark, meetingsOf, previewOf, type ShownName } from './bundle-preview'
import type { MemberDraft } from './bundle-values'

const MARKS: Record<Mark, { label: string; means: string; tone: 'alert' | 'warning' | 'plain' }> = {
  collision: { label: 'Twice', means: 'Two things would have this name.', tone: 'alert' },
  shadowing: {
    label: 'Looks like a member’s',
    means: 'It begins like the names of a member, which would be asked for it.',
    tone: 'alert',
  },
  renamed: { label: 'Renamed', means: 'Clients see another name than the server’s own.', tone: 'plain' },
  shortened: {
    label: 'Shortened',
    means: 'Longer than 64 characters: it keeps its beginning, and ends in a digest of the whole.',
    tone: 'plain',
  },
  unlisted: { label: 'Not listed', means: 'The server does not list it now.', tone: 'warning' },
}

/** Rows that are shown before somebody asks for all. */
const ROWS_MAX = 20

type NamesPreviewProps = {
  drafts: readonly MemberDraft[]
  lists: ReadonlyMap<string, readonly Offered[]>
  nameOf: (server: string) => string
}

export function NamesPreview({ drafts, lists, nameOf }: NamesPreviewProps) {
  const [isWhole, setIsWhole] = useState(false)
  const tools = previewOf(drafts, 'tools', lists)
  const prompts = previewOf(drafts, 'prompts', new Map())
  const rows = [...tools.names, ...prompts.names].sort((a, b) => gravity(b) - gravity(a))
  const byAlias = new Map(drafts.map(({ alias, server_id }) => [alias.trim(), nameOf(server_id)]))
  const shown = isWhole ? rows : rows.slice(0, ROWS_MAX)
  const more = tools.unknown.map(alias => `${alias}_…`)
  return (
    <Section
      title="What clients will see"
      description={[
        count(tools.names.length, 'tool'),
        prompts.names.length > 0 && count(prompts.names.length, 'chosen prompt'),
        more.length > 0 && `and all of ${listed(more)}, which could not be listed here`,
      ]
        .filter(Boolean)
        .join(', ')}
    >
      {shown.length > 0 && (
        <RowList label="Names that clients will see">
          {shown.map((one, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may have one name, which is what is shown here
            <RowItem key={at}>
              <RowText
                title={
                  <>
                    <code className="break-all font-mono text-[0.8125rem]">{one.name}</code>
                    {one.marks.map(mark => (
                      <Hint key={mark} text={MARKS[mark].means}>
                        <Badge tone={MARKS[mark].tone}>{MARKS[mark].label}</Badge>
                      </Hint>
                    ))}
                  </>
                }
              >
                <span className="break-all">{one.own}</span> of {byAlias.get(one.alias) ?? one.alias}
              </RowText>
            </RowItem>
          ))}
        </RowList>
      )}
      {rows.length > shown.length && (
        <SectionBody className="py-2 text-center">
          <Button size="sm" kind="quiet" onClick={() => setIsWhole(true)}>
            Show all {rows.length}
          </Button>
        </SectionBody>
      )}
    </Section>
  )
}

/** What must be looked at comes first. */
const gravity = ({ marks }: ShownName): number =>
  Math.max(0, ...marks.map(mark => ({ alert: 2, warning: 1, plain: 0 })[MARKS[mark].tone]))

export function Meetings({
  drafts,
  servers,
}: {
  drafts: readonly MemberDraft[]
  servers: ReadonlyMap<string, Server>
}) {
  const known = drafts.map(({ server_id }) => ({
    server_id,
    auth: servers.get(server_id)?.upstream?.outbound_auth.kind,
  }))
  const meetings = meetingsOf(known)
  const hidden = known.filter(({ auth }) => auth === undefined).length
  return (
    <Section
      title="What people meet"
      description="Once, in one trip of the browser, when they add it to their client."
    >
      <SectionBody>
        <ol className="list-decimal space-y-1 pl-5">
          <li>They sign in, and approve what wants access.</li>
          {meetings.map(({ server_id, kind }) => (
            <li key={server_id}>
              <span className="font-medium">{servers.get(server_id)?.display_name}: </span>
              {kind === 'per_user_header'
                ? 'they type a key of their own.'
                : 'they approve at its provider, with an account of their own.'}
            </li>
          ))}
          <li>“Connected”, and back to the client.</li>
        </ol>
        <p className="mt-3 text-quiet">
          {meetings.length === 0
            ? 'None of the members wants an account or a key of theirs.'
            : 'Whoever stops on the way can use the rest: a member without its account says where to connect it.'}
          {hidden > 0 &&
            ` What ${count(hidden, 'member')} ${hidden === 1 ? 'wants' : 'want'} is not shown to you.`}
        </p>
      </SectionBody>
    </Section>
  )
}

export function Losses({ losses }: { losses: readonly string[] }) {
  if (losses.length === 0) return null
  return (
    <div role="note" className="flex gap-2.5 rounded-lg border border-warning-line/50 bg-warning p-3">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning-text" />
      <div className="min-w-0">
        <p className="font-medium">Saving this takes something from people, at once:</p>
        <ul className="mt-1 list-disc space-y-1 break-words pl-5">
          {losses.map(loss => (
            <li key={loss}>{loss}</li>
          ))}
        </ul>
      </div>
    </div>
  )
}
