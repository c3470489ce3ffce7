//! Every change to how people sign in and come in.

import { api, take } from '@/api/client'
import type { IdentityProviderPatch, NewIdentityProvider, Provisioning } from '@/api/types'
import { useChange } from '@/lib/change'

export function useProviderActions() {
  const { tenant, change, remove } = useChange()
  const inTenant = { params: { path: { tenant } } }
  const of = (provider: string) => ({ params: { path: { tenant, provider } } })
  return {
    create: (body: NewIdentityProvider) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/identity-providers', { ...inTenant, body })),
        'identityProviders',
      ),
    /** Without saving. */
    tryTyped: (body: NewIdentityProvider) =>
      take(api.POST('/api/v1/tenants/{tenant}/identity-providers/test', { ...inTenant, body })),
    trySaved: (provider: string) =>
      take(api.POST('/api/v1/tenants/{tenant}/identity-providers/{provider}/test', of(provider))),
    update: (provider: string, body: IdentityProviderPatch) =>
      change(
        take(api.PATCH('/api/v1/tenants/{tenant}/identity-providers/{provider}', { ...of(provider), body })),
        'identityProviders',
      ),
    remove: (provider: string) =>
      remove(
        take(api.DELETE('/api/v1/tenants/{tenant}/identity-providers/{provider}', of(provider))),
        provider,
        'identityProviders',
        'users',
      ),
  }
}

export function useTenantActions() {
  const { tenant, change } = useChange()
  const patch = (settings: { provisioning: Provisioning } | { local_accounts: boolean }) =>
    change(
      take(api.PATCH('/api/v1/tenants/{tenant}', { params: { path: { tenant } }, body: { settings } })),
      'session',
      'scim',
    )
  return {
    setProvisioning: (provisioning: Provisioning) => patch({ provisioning }),
    setPasswords: (local_accounts: boolean) => patch({ local_accounts }),
  }
}

export function useDomainActions() {
  const { tenant, change } = useChange()
  const of = (domain: string) => ({ params: { path: { tenant, domain } } })
  return {
    add: (name: string) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/domains', { params: { path: { tenant } }, body: { name } })),
        'domains',
      ),
    /** Refused with what was found, if that is not the record. */
    check: (domain: string) =>
      change(take(api.POST('/api/v1/tenants/{tenant}/domains/{domain}/verification', of(domain))), 'domains'),
    remove: (domain: string) =>
      change(take(api.DELETE('/api/v1/tenants/{tenant}/domains/{domain}', of(domain))), 'domains'),
  }
}

export function useScimActions() {
  const { tenant, change } = useChange()
  return {
    createToken: (body: { name: string; expires_in_days?: number; never_expires: boolean }) =>
      change(
        take(api.POST('/api/v1/tenants/{tenant}/scim/tokens', { params: { path: { tenant } }, body })),
        'scim',
      ),
    removeToken: (token: string) =>
      change(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/scim/tokens/{token}', { params: { path: { tenant, token } } }),
        ),
        'scim',
      ),
  }
}
