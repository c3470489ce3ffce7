//! What can be changed about the organisation and its OAuth clients.

import { api, take } from '@/api/client'
import type { SettingsPatch } from '@/api/types'
import { useChange } from '@/lib/change'

export function useSettingsActions() {
  const { tenant, change } = useChange()
  return {
    change: (body: { display_name?: string; settings: SettingsPatch }) =>
      change(take(api.PATCH('/api/v1/tenants/{tenant}', { params: { path: { tenant } }, body })), 'session'),
    blockClient: (client: string, blocked: boolean) =>
      change(
        take(
          api.PATCH('/api/v1/tenants/{tenant}/clients/{client}', {
            params: { path: { tenant, client } },
            body: { blocked },
          }),
        ),
        'clients',
      ),
    deleteClient: (client: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/clients/{client}', { params: { path: { tenant, client } } }),
        ),
        'clients',
      ),
  }
}
