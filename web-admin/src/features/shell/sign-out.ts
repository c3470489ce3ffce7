import { api, take } from '@/api/client'
import { toast } from '@/components/ui/toast'
import { pages } from '@/lib/paths'

/** Ends the session and leaves the console. */
export async function signOut(tenant: string): Promise<void> {
  try {
    await take(api.DELETE('/api/v1/tenants/{tenant}/session', { params: { path: { tenant } } }))
    window.location.assign(pages.home(tenant))
  } catch (error) {
    toast.failed(error)
  }
}
