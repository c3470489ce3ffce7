import { Skeleton } from '@/components/ui/skeleton'
import { RouteSkeleton } from './-skeleton'

/** The console on its way, in its own lines: nothing jumps when it comes. */
export const ShellSkeleton = () => (
  <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_minmax(0,1fr)]">
    <div className="hidden border-r bg-card px-5 py-4.5 md:block">
      <Skeleton className="h-4 w-24" />
    </div>
    <div>
      <div className="flex h-13 items-center border-b px-4 md:px-8">
        <Skeleton className="h-4 w-32" />
      </div>
      <RouteSkeleton />
    </div>
  </div>
)
