//! Every change that operators make.

import { useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { platformKeys } from '@/api/queries'
import type { PlatformTenantPatch } from '@/api/types'

/** Does a change, then forgets what it made old. */
function usePlatformChange(noun: keyof typeof platformKeys) {
  const client = useQueryClient()
  return async <T>(call: Promise<T>): Promise<T> => {
    const answer = await call
    await client.invalidateQueries({ queryKey: platformKeys[noun] })
    return answer
  }
}

export type NewTenant = { slug: string; display_name: string; owner_email?: string }

export function useTenantActions() {
  const change = usePlatformChange('tenants')
  const at = (slug: string) => ({ params: { path: { tenant: slug } } })
  return {
    create: (body: NewTenant & { pool?: string; region?: string }) =>
      change(take(api.POST('/api/v1/platform/tenants', { body }))),
    update: (slug: string, body: PlatformTenantPatch) =>
      change(take(api.PATCH('/api/v1/platform/tenants/{tenant}', { ...at(slug), body }))),
    inviteOwner: (slug: string, email: string) =>
      take(api.POST('/api/v1/platform/tenants/{tenant}/owner-invitations', { ...at(slug), body: { email } })),
    rotateKeys: (slug: string, keys: ('signing' | 'session')[]) =>
      take(api.POST('/api/v1/platform/tenants/{tenant}/key-rotations', { ...at(slug), body: { keys } })),
    remove: (slug: string) =>
      change(
        take(
          api.DELETE('/api/v1/platform/tenants/{tenant}', {
            params: { path: { tenant: slug }, query: { confirm: slug } },
          }),
        ),
      ),
  }
}

export function useNodeActions() {
  const change = usePlatformChange('nodes')
  return {
    enrol: (body: { name: string; pool: string }) =>
      change(take(api.POST('/api/v1/platform/nodes', { body }))),
    drain: (node: string, draining: boolean) =>
      change(
        take(api.PATCH('/api/v1/platform/nodes/{node}', { params: { path: { node } }, body: { draining } })),
      ),
    revoke: (node: string) =>
      change(take(api.DELETE('/api/v1/platform/nodes/{node}', { params: { path: { node } } }))),
  }
}

/** Wraps the data keys of all tenants by the present key-encryption key. */
export const rewrapDataKeys = () => take(api.POST('/api/v1/platform/data-keys/rewrap'))
