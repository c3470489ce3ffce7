//! One member of a virtual server: its alias, and what of it is offered.

import { X } from 'lucide-react'
import { useId } from 'react'
import type { Server } from '@/api/types'
import { Frame } from '@/components/form'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Input } from '@/components/ui/field'
import { Switch } from '@/components/ui/switch'
import { AUTH_WORDS } from '@/lib/auth-words'
import type { Kind } from '@/lib/mcp'
import type { ItemDraft, MemberDraft } from './bundle-values'
import { OfferPicker } from './offer-picker'
import { useMistake } from './use-mistake'

type MemberCardProps = {
  index: number
  draft: MemberDraft
  /** Nothing, if the person does not see it (yet). */
  server: Server | undefined
  onChange: (draft: MemberDraft) => void
  onRemove: () => void
}

export function MemberCard({ index, draft, server, onChange, onRemove }: MemberCardProps) {
  const id = useId()
  const field = `members[${index}]`
  const alias = useMistake(`${field}.alias`)
  const taken = useMistake(`${field}.server_id`)
  const name = server?.display_name ?? 'A server that is not shared with you'
  const auth = server?.upstream && AUTH_WORDS[server.upstream.outbound_auth.kind]
  const offer = (kind: Kind) => (
    <OfferPicker
      key={kind}
      kind={kind}
      field={`${field}.offer.${kind}`}
      serverId={draft.server_id}
      alias={draft.alias}
      items={draft.offer[kind]}
      onChange={(items: 'all' | ItemDraft[]) =>
        onChange({ ...draft, offer: { ...draft.offer, [kind]: items } })
      }
    />
  )
  return (
    <Card aria-label={name} className="divide-y divide-line">
      <div className="p-4 md:p-5">
        <div className="flex items-start justify-between gap-3">
          <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
            <h3 className="break-words font-semibold">{name}</h3>
            {auth && auth !== AUTH_WORDS.none && <Badge>{auth.short}</Badge>}
          </div>
          <Button kind="quiet" size="sm" aria-label={`Take ${name} away`} onClick={onRemove}>
            <X /> Take away
          </Button>
        </div>
        {taken && (
          <p role="alert" className="mt-1 text-[0.8125rem] text-alert-text">
            It {taken}
          </p>
        )}
        <div className="mt-3 max-w-xs">
          <Frame
            id={id}
            label="Alias"
            hint={
              <>
                Its names begin with <code className="font-mono">{draft.alias || '…'}_</code>
              </>
            }
            error={alias}
          >
            <Input
              id={id}
              value={draft.alias}
              onChange={event => onChange({ ...draft, alias: event.target.value })}
              aria-describedby={`${id}-hint ${id}-error`}
              aria-invalid={alias !== undefined || undefined}
              autoCapitalize="none"
              spellCheck={false}
              className="font-mono text-[0.8125rem]"
            />
          </Frame>
        </div>
      </div>
      {offer('tools')}
      <details>
        <summary className="px-4 py-3 font-medium text-accent focus-visible:-outline-offset-2 md:px-5">
          Prompts and resources: {restWords(draft)}
        </summary>
        <div className="divide-y divide-line border-t">
          {offer('prompts')}
          {offer('resources')}
          {offer('resource_templates')}
          <PlainUris field={field} draft={draft} onChange={onChange} />
        </div>
      </details>
    </Card>
  )
}

function restWords({ offer, plain_uris }: MemberDraft): string {
  const kinds = [offer.prompts, offer.resources, offer.resource_templates]
  const words = kinds.every(items => items === 'all')
    ? 'all'
    : kinds.every(items => items.length === 0)
      ? 'none'
      : 'chosen'
  return plain_uris ? `${words}, with their own URIs` : words
}

function PlainUris({
  field,
  draft,
  onChange,
}: Pick<MemberCardProps, 'draft' | 'onChange'> & { field: string }) {
  const id = useId()
  const mistake = useMistake(`${field}.offer.plain_uris`)
  return (
    <div className="flex items-start gap-3 p-4 md:px-5">
      <Switch
        id={id}
        checked={draft.plain_uris}
        onCheckedChange={plain_uris => onChange({ ...draft, plain_uris })}
        aria-describedby={`${id}-hint`}
        className="mt-0.5"
      />
      <div>
        <label htmlFor={id} className="font-medium">
          Its resources keep their URIs
        </label>
        <p id={`${id}-hint`} className="text-[0.8125rem] text-quiet">
          Without the alias before them. One member at most: nobody could tell whose a URI is.
        </p>
        {mistake && (
          <p role="alert" className="text-[0.8125rem] text-alert-text">
            This {mistake}
          </p>
        )}
      </div>
    </div>
  )
}
