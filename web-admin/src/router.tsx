//! The router, with the query client in its context, and what happens when a session has ended.

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import { ProblemPanel } from '@/components/problem'
import { basePath, operatorSignIn, pages, SYSTEM } from '@/lib/paths'
import { ApiError } from '@/lib/problem'
import { routeTree } from './route-tree.gen'
import { NotFound, WayOn } from './routes/-not-found'
import { RouteSkeleton } from './routes/-skeleton'

/** Refusals do not get better by asking again; a plane that restarts does. */
const RETRIES_MAX = 2

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveIfSignedOut }),
  mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) =>
        count < RETRIES_MAX && error instanceof ApiError && (error.status === 0 || error.status >= 500),
    },
  },
})

/** Somebody whose session ended goes to the door, and comes back to where they were. */
function leaveIfSignedOut(error: unknown) {
  if (!(error instanceof ApiError && error.status === 401)) return
  const { pathname, search } = window.location
  const tenant = pathname.slice(basePath.length).split('/')[1]
  const here = pathname + search
  if (tenant === SYSTEM) window.location.replace(operatorSignIn(here))
  else if (tenant) window.location.replace(pages.signIn(tenant, here))
}

export const router = createRouter({
  routeTree,
  basepath: basePath,
  context: { queryClient },
  defaultPreload: 'intent',
  // Queries know how old they are.
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 150,
  // What is there is shown: a skeleton that came is not kept for half a second, as is the router's way.
  defaultPendingMinMs: 0,
  scrollRestoration: true,
  defaultPendingComponent: RouteSkeleton,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ({ error, reset }) => (
    <div className="px-4 py-10">
      <ProblemPanel
        error={error}
        onRetry={() => {
          reset()
          void router.invalidate()
        }}
      >
        <WayOn />
      </ProblemPanel>
    </div>
  ),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
