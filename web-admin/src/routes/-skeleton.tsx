import { Skeleton } from '@/components/ui/skeleton'

/** A page on its way. */
export const RouteSkeleton = () => (
  <div role="status" aria-label="Loading" className="mx-auto w-full max-w-7xl px-4 pt-8 md:px-8">
    <Skeleton className="h-6 w-48" />
    <Skeleton className="mt-3 h-4 w-80 max-w-full" />
    <Skeleton className="mt-8 h-64 w-full" />
  </div>
)
