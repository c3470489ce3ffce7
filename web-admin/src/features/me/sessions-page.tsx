//! Where the person is signed in, how they prove who they are, and how to end all of it.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { LogOut, ShieldCheck } from 'lucide-react'
import { useId, useMemo, useState } from 'react'
import { mySessions } from '@/api/queries'
import type { BrowserSession } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { DataTable } from '@/components/data-table'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Switch } from '@/components/ui/switch'
import { toast } from '@/components/ui/toast'
import { pages } from '@/lib/paths'
import { useMyActions } from './actions'
import { sessionColumns } from './columns'
import { MeNav } from './me-nav'

const route = getRouteApi('/$tenant/me/sessions')

export function SessionsPage() {
  const { tenant } = route.useParams()
  return (
    <Page title="Me" tab="Sign-in" description="Where you are signed in, and how.">
      <MeNav />
      <section aria-labelledby="browsers">
        <h2 id="browsers" className="mb-3 font-semibold text-base">
          Browsers
        </h2>
        <Browsers />
      </section>
      <div className="mt-8 grid gap-4 md:grid-cols-2">
        <Card className="flex flex-col items-start p-4">
          <h2 className="font-semibold">Second factor</h2>
          <p className="mt-1 mb-4 text-quiet">
            A code from an app besides your password. It is set up, changed and removed on a page of its own,
            where you prove who you are.
          </p>
          <Button className="mt-auto" asChild>
            <a href={pages.security(tenant)}>
              <ShieldCheck /> To your second factor
            </a>
          </Button>
        </Card>
        <Card className="flex flex-col items-start p-4">
          <h2 className="font-semibold">Lost a machine?</h2>
          <p className="mt-1 mb-4 text-quiet">
            Ends every browser and every IDE and agent at once, this browser too. On request also your API
            keys.
          </p>
          <SignOutEverywhere />
        </Card>
      </div>
    </Page>
  )
}

function Browsers() {
  const { tenant } = route.useParams()
  const query = useInfiniteQuery(mySessions(tenant))
  const { endSession } = useMyActions()
  const [asked, setAsked] = useState<BrowserSession>()
  const columns = useMemo(() => sessionColumns(setAsked), [])
  return (
    <>
      <DataTable
        noun={['browser', 'browsers']}
        query={query}
        columns={columns}
        rowId={session => session.id}
        empty={<EmptyState title="No browser">You called this with an API key, it seems.</EmptyState>}
      />
      <Confirm
        open={asked !== undefined}
        onOpenChange={open => !open && setAsked(undefined)}
        title={asked?.current ? 'Sign out here?' : `Sign out ${asked?.browser ?? ''}?`}
        action="Sign out"
        consequences={
          <ul>
            <li>{asked?.current ? 'You leave the console.' : 'That browser has to sign in again.'}</li>
            <li>IDEs and agents that were approved in it go on: disconnect them under Connections.</li>
          </ul>
        }
        onConfirm={async () => {
          if (!asked) return
          await endSession(asked.id)
          if (asked.current) window.location.assign(pages.home(tenant))
          else toast.done(`${asked.browser} is signed out`)
        }}
      />
    </>
  )
}

function SignOutEverywhere() {
  const { tenant } = route.useParams()
  const { signOutEverywhere } = useMyActions()
  const [open, setOpen] = useState(false)
  const [withKeys, setWithKeys] = useState(false)
  const field = useId()
  return (
    <>
      <Button kind="danger-quiet" className="mt-auto" onClick={() => setOpen(true)}>
        <LogOut /> Sign out everywhere
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title="Sign out everywhere?"
        action="Sign out everywhere"
        consequences={
          <>
            <ul>
              <li>Every browser is signed out, this one too.</li>
              <li>Every IDE and agent is disconnected, and asks you for consent again.</li>
              <li>Your accounts at servers stay.</li>
            </ul>
            <label htmlFor={field} className="flex items-center gap-3 pt-2">
              <Switch id={field} checked={withKeys} onCheckedChange={setWithKeys} />
              End my API keys, too: they cannot be brought back
            </label>
          </>
        }
        onConfirm={async () => {
          await signOutEverywhere(withKeys)
          window.location.assign(pages.home(tenant))
        }}
      />
    </>
  )
}
