//! Overrides: what goes out for one caller in the place of all that the server would be called with.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { overrideList } from '@/api/queries'
import type { AuthOverride } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { PartyName } from '@/components/names'
import { Rows, RowText, Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import type { May } from '@/lib/can'
import { useServer } from '@/lib/server'
import { useCredentialActions } from './actions'
import { OverrideDialog } from './override-dialog'

const NOT_A_USER: May = { yes: false, why: 'Nobody granted you this server: you do not call it.' }

export function Overrides() {
  const { tenant, server, may } = useServer()
  const query = useInfiniteQuery(overrideList(tenant, server.id))
  const { removeOverride } = useCredentialActions()
  const [adding, setAdding] = useState(false)
  const [asked, setAsked] = useState<AuthOverride>()
  const whose = asked?.owner.display_name
  return (
    <Section
      title={may.yes ? 'Overrides' : 'Your override'}
      description="Headers for one caller, in the place of all that the server would be called with."
      actions={
        <Button
          size="sm"
          may={may.yes || server.your_role ? { yes: true } : NOT_A_USER}
          onClick={() => setAdding(true)}
        >
          <Plus /> Set an override
        </Button>
      }
    >
      <Rows
        label="Overrides"
        query={query}
        rowId={override => override.id}
        empty={
          may.yes
            ? 'Nobody has one. Set one for a service account that the server knows under a key of its own.'
            : 'You have none: your calls go out like everybody’s. Set one to call with a key of your own.'
        }
      >
        {override => (
          <>
            <RowText title={<For override={override} />}>
              <code className="font-mono">{override.header_names.join(', ')}</code>
              {' · '}set <Time at={override.set_at} />
              {override.set_by && override.set_by !== override.owner.id && (
                <>
                  {' by '}
                  <PartyName id={override.set_by} />
                </>
              )}
            </RowText>
            <Button
              size="sm"
              kind="danger-quiet"
              aria-label={`Remove the override of ${override.owner.display_name}`}
              onClick={() => setAsked(override)}
            >
              Remove
            </Button>
          </>
        )}
      </Rows>
      {adding && <OverrideDialog onClose={() => setAdding(false)} />}
      <Confirm
        open={asked !== undefined}
        onOpenChange={() => setAsked(undefined)}
        title={`Remove the override of ${whose}?`}
        action="Remove it"
        consequences={
          <p>
            Its values are destroyed, and cannot be brought back. From the next call on {whose} is let in like
            everybody else, or asked for an account of their own.
          </p>
        }
        onConfirm={async () => {
          if (!asked) return
          await removeOverride(asked.id)
          toast.done(`The override of ${whose} is removed`)
        }}
      />
    </Section>
  )
}

const For = ({ override: { owner } }: { override: AuthOverride }) => (
  <>
    {owner.display_name}
    {owner.kind === 'service_account' && <Badge>Service account</Badge>}
    {!owner.active && <Badge tone="warning">Deactivated</Badge>}
  </>
)
