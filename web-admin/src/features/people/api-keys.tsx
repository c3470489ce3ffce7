//! The API keys of a person or of a service account: what they reach, until when, and their end.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Ellipsis, Plus } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { apiKeysOf, type KeyOwner } from '@/api/queries'
import type { ApiKey } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { SelectField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { SecretDialog } from '@/components/secret-dialog'
import { Rows, RowText, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem } from '@/components/ui/menu'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import type { May } from '@/lib/can'
import { count } from '@/lib/count'
import { useTenant } from '@/lib/session'
import { useKeyActions } from './actions'
import { KeyDialog } from './key-dialog'
import { OVERLAP_OPTIONS } from './key-values'

type Fresh = { key: ApiKey; secret: string; pending_nodes: number }
type Asked = { what: 'create' } | { what: 'rotate' | 'revoke'; key: ApiKey } | { what: 'fresh'; fresh: Fresh }

type ApiKeysProps = {
  owner: KeyOwner
  /** Whose they are, in a sentence. */
  whose: string
  /** Whether keys are made and rotated here; other people's are theirs to make. */
  mayMake?: May
  mayRevoke: May
}

export function ApiKeys({ owner, whose, mayMake, mayRevoke }: ApiKeysProps) {
  const tenant = useTenant()
  const [ended, setEnded] = useState(false)
  const query = useInfiniteQuery(apiKeysOf(tenant, owner, ended ? undefined : 'active'))
  const [asked, setAsked] = useState<Asked>()
  return (
    <Section
      title="API keys"
      description="For programs that cannot sign in: each acts as its owner, without a browser."
      actions={
        <>
          <Button kind="quiet" size="sm" aria-pressed={ended} onClick={() => setEnded(!ended)}>
            {ended ? 'Hide ended ones' : 'Show ended ones'}
          </Button>
          {mayMake && (
            <Button size="sm" may={mayMake} onClick={() => setAsked({ what: 'create' })}>
              <Plus />
              Create a key
            </Button>
          )}
        </>
      }
    >
      <Rows
        label="API keys"
        query={query}
        rowId={key => key.id}
        empty={ended ? `${whose} never had a key.` : `${whose} has no key that works.`}
      >
        {key => (
          <>
            <RowText title={<KeyTitle apiKey={key} />}>
              <KeyFacts apiKey={key} />
            </RowText>
            {key.status === 'active' && (
              <Menu
                trigger={
                  <Button kind="quiet" size="icon" aria-label={`Actions for the key ${key.name}`}>
                    <Ellipsis />
                  </Button>
                }
              >
                {mayMake && (
                  <MenuItem may={mayMake} onSelect={() => setAsked({ what: 'rotate', key })}>
                    Rotate…
                  </MenuItem>
                )}
                <MenuItem danger may={mayRevoke} onSelect={() => setAsked({ what: 'revoke', key })}>
                  Revoke…
                </MenuItem>
              </Menu>
            )}
          </>
        )}
      </Rows>
      <Questions owner={owner} asked={asked} ask={setAsked} />
    </Section>
  )
}

const KeyTitle = ({ apiKey: { name, status, successor_id } }: { apiKey: ApiKey }) => (
  <>
    <span className={status === 'active' ? undefined : 'text-quiet line-through'}>{name}</span>
    {status !== 'active' && <Badge>{status === 'expired' ? 'Expired' : 'Revoked'}</Badge>}
    {status === 'active' && successor_id && <Badge tone="warning">Being replaced</Badge>}
  </>
)

function KeyFacts({ apiKey: key }: { apiKey: ApiKey }) {
  const { expires_at, last_used_at, server_ids, revoked_at, status } = key
  return (
    <>
      {server_ids ? count(server_ids.length, 'server') : 'All servers'}
      {' · '}
      {last_used_at ? (
        <>
          used <Time at={last_used_at} />
        </>
      ) : (
        'never used'
      )}
      {' · '}
      {status === 'revoked' && revoked_at ? (
        <>
          revoked <Time at={revoked_at} />
        </>
      ) : expires_at ? (
        <>
          {status === 'expired' ? 'ended' : 'ends'} <Time at={expires_at} />
        </>
      ) : (
        'never ends'
      )}
    </>
  )
}

type QuestionsProps = {
  owner: KeyOwner
  asked: Asked | undefined
  ask: (next: Asked | undefined) => void
}

function Questions({ owner, asked, ask }: QuestionsProps) {
  const { revoke } = useKeyActions()
  const close = () => ask(undefined)
  const show = (fresh: Fresh) => ask({ what: 'fresh', fresh })
  switch (asked?.what) {
    case undefined:
      return null
    case 'create':
      return <KeyDialog owner={owner} onDone={show} onClose={close} />
    case 'rotate':
      return <RotateDialog apiKey={asked.key} onDone={show} onClose={close} />
    case 'fresh':
      return <FreshKey fresh={asked.fresh} onClose={close} />
    case 'revoke':
      return (
        <Confirm
          open
          onOpenChange={close}
          title={`Revoke the key ${asked.key.name}`}
          consequences={
            <ul>
              <li>Every node refuses it within a second; calls that are under way are cut.</li>
              <li>It cannot be brought back: a program that has it needs a new one.</li>
            </ul>
          }
          action="Revoke the key"
          word={asked.key.name}
          onConfirm={async () => {
            await revoke(asked.key.id)
            toast.done(`The key ${asked.key.name} is revoked`)
          }}
        />
      )
  }
}

function RotateDialog(props: { apiKey: ApiKey; onDone: (fresh: Fresh) => void; onClose: () => void }) {
  const { apiKey, onDone, onClose } = props
  const { rotate } = useKeyActions()
  const form = useForm({ defaultValues: { overlap_s: '86400' } })
  return (
    <FormDialog
      title={`Rotate the key ${apiKey.name}`}
      description="A new key takes its place, with the same reach and as long a life."
      form={form}
      onSubmit={async ({ overlap_s }) => onDone(await rotate(apiKey.id, Number(overlap_s)))}
      onClose={onClose}
      action="Make the new key"
    >
      <SelectField
        name="overlap_s"
        label="The old key works on for"
        options={OVERLAP_OPTIONS}
        hint="Enter the new one wherever the old one is before this time is over."
      />
    </FormDialog>
  )
}

type FreshKeyProps = { fresh: Fresh; onClose: () => void }

const FreshKey = ({ fresh: { key: apiKey, secret, pending_nodes }, onClose }: FreshKeyProps) => (
  <SecretDialog
    title={`The key ${apiKey.name}`}
    secret={secret}
    what="key"
    warning="Whoever has this key acts as its owner. It is shown now, and never again."
    onClose={onClose}
  >
    Send it as <code className="font-mono text-xs">Authorization: Bearer …</code>, and keep it where secrets
    are kept.
    {pending_nodes > 0 &&
      ` ${count(pending_nodes, 'node')} may not know it yet: if it is refused, wait a few seconds.`}
  </SecretDialog>
)
