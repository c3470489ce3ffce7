//! What can be changed about the organisation and its OAuth clients.

import { useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { keys } from '@/api/queries'
import type { SettingsPatch } from '@/api/types'
import { useTenant } from '@/lib/session'

export function useSettingsActions() {
  const tenant = useTenant()
  const client = useQueryClient()
  return {
    change: async (body: { display_name?: string; settings: SettingsPatch }) => {
      await take(api.PATCH('/api/v1/tenants/{tenant}', { params: { path: { tenant } }, body }))
      await client.invalidateQueries({ queryKey: keys.session(tenant) })
    },
    blockClient: async (id: string, blocked: boolean) => {
      const path = { tenant, client: id }
      await take(
        api.PATCH('/api/v1/tenants/{tenant}/clients/{client}', { params: { path }, body: { blocked } }),
      )
      await client.invalidateQueries({ queryKey: keys.clients(tenant) })
    },
    deleteClient: async (id: string) => {
      const path = { tenant, client: id }
      await take(api.DELETE('/api/v1/tenants/{tenant}/clients/{client}', { params: { path } }))
      await client.invalidateQueries({ queryKey: keys.clients(tenant) })
    },
  }
}
