import { cn } from '@/lib/cn'

/** Holds the place of something that is on its way, in its size: nothing jumps when it comes. */
export const Skeleton = ({ className }: { className?: string }) => (
  <span aria-hidden="true" className={cn('block animate-skeleton rounded-md bg-line', className)} />
)
