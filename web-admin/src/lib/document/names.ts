//! Documents name things as people do: servers by slug, people by e-mail, groups and service accounts by name. The API has
//! ids. This finds one for the other.

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { groupsFound, machinesFound, serverNamed, serversFound, usersFound } from '@/api/queries'
import { partyNamed } from '@/lib/names'
import { useTenant } from '@/lib/session'

/** The most that the API finds at once. */
const ROWS = 200

export type DocumentNames = {
  /** The id itself where what it names is gone, as `portway export` has it. */
  nameOf: (id: string) => Promise<string>
  /** Nothing where there is none, or the reader does not see it. */
  server: (slug: string) => Promise<string | undefined>
  user: (email: string) => Promise<string | undefined>
  /** Of a person, as groups have them. */
  userName: (name: string) => Promise<string | undefined>
  group: (name: string) => Promise<string | undefined>
  serviceAccount: (name: string) => Promise<string | undefined>
}

export function useDocumentNames(): DocumentNames {
  const tenant = useTenant()
  const client = useQueryClient()
  return useMemo(() => namesOf(client, tenant), [client, tenant])
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

function namesOf(client: QueryClient, tenant: string): DocumentNames {
  const fresh = { staleTime: 0 }
  return {
    nameOf: id =>
      id.startsWith('srv_')
        ? client.fetchQuery(serverNamed(tenant, id)).then(
            ({ slug }) => slug,
            () => id,
          )
        : client.fetchQuery(partyNamed(tenant, id)).then(
            ({ document }) => document,
            () => id,
          ),
    server: async slug => {
      if (slug.startsWith('srv_')) return slug
      const { items } = await client.fetchQuery({ ...serversFound(tenant, slug, ROWS), ...fresh })
      return items.find(server => server.slug === slug)?.id
    },
    user: async email => {
      const { items } = await client.fetchQuery({ ...usersFound(tenant, email, ROWS), ...fresh })
      return items.find(user => same(user.email ?? '', email))?.id
    },
    userName: async name => {
      const { items } = await client.fetchQuery({ ...usersFound(tenant, name, ROWS), ...fresh })
      return items.find(user => same(user.user_name, name))?.id
    },
    group: async name => {
      const { items } = await client.fetchQuery({ ...groupsFound(tenant, name, ROWS), ...fresh })
      return items.find(group => same(group.display_name, name))?.id
    },
    serviceAccount: async name => {
      const { items } = await client.fetchQuery({ ...machinesFound(tenant, name, ROWS), ...fresh })
      return items.find(account => same(account.name, name))?.id
    },
  }
}
