//! What stands above the calls and the usage of one server.

import type { ReactNode } from 'react'
import { Tabs } from '@/components/tabs'
import { can } from '@/lib/can'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { useSession } from '@/lib/session'

export function ServerActivity({ children }: { children: ReactNode }) {
  const { tenant, server, may } = useServer()
  const readsAll = can.readAllCalls(useSession()).yes
  return (
    <>
      <Tabs
        label={`Activity of ${server.display_name}`}
        tabs={[
          { label: 'Calls', link: paths.serverCalls(tenant, server.id) },
          { label: 'Usage', link: paths.serverUsage(tenant, server.id) },
        ]}
      />
      {!readsAll && !may.yes && (
        <p className="mb-4 text-quiet">You see your own calls. Its managers see everybody’s.</p>
      )}
      {children}
    </>
  )
}
