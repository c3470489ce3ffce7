//! Calls to a server through the gateway, in the name of whoever is signed in; and a look at one that is not registered.

import { api, take } from './client'
import type { Probe, TryAnswer, TryBody } from './types'

export const tryServer = (
  tenant: string,
  server: string,
  body: TryBody,
  signal?: AbortSignal,
): Promise<TryAnswer> =>
  take(
    api.POST('/api/v1/tenants/{tenant}/servers/{server}/playground', {
      signal,
      params: { path: { tenant, server } },
      body,
    }),
  ) as Promise<TryAnswer>

/** For who may register servers. */
export const probeServer = (tenant: string, upstream_url: string, signal?: AbortSignal): Promise<Probe> =>
  take(
    api.POST('/api/v1/tenants/{tenant}/server-probes', {
      signal,
      params: { path: { tenant } },
      body: { upstream_url },
    }),
  )
