import { createFileRoute } from '@tanstack/react-router'
import { session } from '@/api/queries'
import { Shell } from '@/features/shell/shell'
import { ShellSkeleton } from './-shell-skeleton'

/** Everything of one organisation, for somebody who is signed in; others are sent to the door (router.tsx). */
export const Route = createFileRoute('/$tenant')({
  beforeLoad: async ({ context, params }) => {
    await context.queryClient.ensureQueryData(session(params.tenant))
  },
  component: Shell,
  pendingComponent: ShellSkeleton,
})
