//! API keys of one's own, for programs that cannot sign in.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { KeyRound, Plus } from 'lucide-react'
import { useMemo, useState } from 'react'
import { myKeys } from '@/api/queries'
import { DataTable } from '@/components/data-table'
import { type KeyAsked, KeyQuestions } from '@/components/key-questions'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { keyColumns } from './columns'
import { MeNav } from './me-nav'

const route = getRouteApi('/$tenant/me/keys')

export function KeysPage() {
  const { tenant } = route.useParams()
  const query = useInfiniteQuery(myKeys(tenant))
  const [asked, ask] = useState<KeyAsked>()
  const columns = useMemo(() => keyColumns(ask), [])
  const button = (
    <Button kind="primary" onClick={() => ask({ what: 'create' })}>
      <Plus /> Create a key
    </Button>
  )
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
      <KeyQuestions asked={asked} ask={ask} />
    </Page>
  )
}
