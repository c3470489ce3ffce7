//! API keys of one's own, for programs that cannot sign in.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { KeyRound, Plus } from 'lucide-react'
import { useMemo, useState } from 'react'
import { myKeys } from '@/api/queries'
import { Confirm } from '@/components/confirm'
import { DataTable } from '@/components/data-table'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { toast } from '@/components/ui/toast'
import { useMyActions } from './actions'
import { type KeyAct, keyColumns } from './columns'
import { NewKeyDialog, RotateDialog } from './key-dialogs'
import { MeNav } from './me-nav'

const route = getRouteApi('/$tenant/me/keys')

export function KeysPage() {
  const { tenant } = route.useParams()
  const query = useInfiniteQuery(myKeys(tenant))
  const { revokeKey } = useMyActions()
  const [isMaking, setMaking] = useState(false)
  const [act, setAct] = useState<KeyAct>()
  const columns = useMemo(() => keyColumns(setAct), [])
  const button = (
    <Button kind="primary" onClick={() => setMaking(true)}>
      <Plus /> New key
    </Button>
  )
  const close = (open: boolean) => !open && setAct(undefined)
  return (
    <Page
      title="Me"
      tab="API keys"
      description="For programs that cannot sign in. An IDE needs none: it signs in by itself."
      actions={button}
    >
      <MeNav />
      <DataTable
        noun={['key', 'keys']}
        query={query}
        columns={columns}
        rowId={key => key.id}
        empty={
          <EmptyState icon={<KeyRound />} title="You have no API key" action={button}>
            Most people need none. Make one for a script or a program without a browser; give it only the
            servers that it needs, and an end.
          </EmptyState>
        }
      />
      <NewKeyDialog open={isMaking} onOpenChange={setMaking} />
      <RotateDialog apiKey={act?.what === 'rotate' ? act.key : undefined} onOpenChange={close} />
      <Confirm
        open={act?.what === 'revoke'}
        onOpenChange={close}
        title={`Revoke ${act?.key.name ?? ''}?`}
        action="Revoke the key"
        consequences={
          <ul>
            <li>Whatever calls with it is refused within a second, and what it is doing is cut off.</li>
            <li>It cannot be brought back. To swap it without a gap, replace it instead.</li>
          </ul>
        }
        onConfirm={async () => {
          if (!act) return
          await revokeKey(act.key.id)
          toast.done(`${act.key.name} is revoked`)
        }}
      />
    </Page>
  )
}
