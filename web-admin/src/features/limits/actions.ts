//! What can be done to limits. Saving asks first what about the rule is probably not meant.

import { useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { keys } from '@/api/queries'
import type { LimitRuleSpec, LimitWarning } from '@/api/types'
import { useTenant } from '@/lib/session'

export function useLimitActions() {
  const tenant = useTenant()
  const client = useQueryClient()
  const changed = () => client.invalidateQueries({ queryKey: keys.limitRules(tenant) })
  return {
    /** A new rule, or one in the place of `id`. */
    save: async (id: string | undefined, body: LimitRuleSpec) => {
      await send(tenant, id, body, false)
      await changed()
    },
    /** What the API would say of the rule; nothing is saved. Throws what it would refuse. */
    check: async (id: string | undefined, body: LimitRuleSpec): Promise<LimitWarning[]> =>
      (await send(tenant, id, body, true)).warnings,
    remove: async (id: string) => {
      const path = { tenant, limit_rule: id }
      await take(api.DELETE('/api/v1/tenants/{tenant}/limit-rules/{limit_rule}', { params: { path } }))
      await changed()
    },
  }
}

function send(tenant: string, id: string | undefined, body: LimitRuleSpec, dry_run: boolean) {
  const query = { dry_run: dry_run || undefined }
  if (id === undefined) {
    return take(
      api.POST('/api/v1/tenants/{tenant}/limit-rules', { params: { path: { tenant }, query }, body }),
    )
  }
  const path = { tenant, limit_rule: id }
  return take(api.PUT('/api/v1/tenants/{tenant}/limit-rules/{limit_rule}', { params: { path, query }, body }))
}
