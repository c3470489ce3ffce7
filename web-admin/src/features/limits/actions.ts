//! What can be done to limits. Saving asks first what about the rule is probably not meant.

import { api, take } from '@/api/client'
import type { LimitRuleSpec, LimitWarning } from '@/api/types'
import { useChange } from '@/lib/change'

export function useLimitActions() {
  const { tenant, change, remove } = useChange()
  return {
    /** A new rule, or one in the place of `id`. */
    save: (id: string | undefined, body: LimitRuleSpec) =>
      change(send(tenant, id, body, false), 'limitRules'),
    /** What the API would say of the rule; nothing is saved. Throws what it would refuse. */
    check: async (id: string | undefined, body: LimitRuleSpec): Promise<LimitWarning[]> =>
      (await send(tenant, id, body, true)).warnings,
    remove: (limit_rule: string) =>
      remove(
        take(
          api.DELETE('/api/v1/tenants/{tenant}/limit-rules/{limit_rule}', {
            params: { path: { tenant, limit_rule } },
          }),
        ),
        limit_rule,
        'limitRules',
      ),
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
