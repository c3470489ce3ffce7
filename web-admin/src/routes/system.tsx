import { createFileRoute } from '@tanstack/react-router'
import { operatorSession } from '@/api/queries'
import { OperationsShell } from '@/features/shell/operations-shell'
import { ShellSkeleton } from './-shell-skeleton'

/** Of operators, outside of every organisation; who is not signed in is sent to their door (router.tsx). */
export const Route = createFileRoute('/system')({
  beforeLoad: async ({ context }) => {
    await context.queryClient.ensureQueryData(operatorSession())
  },
  component: OperationsShell,
  pendingComponent: ShellSkeleton,
})
