import { cn } from '@/lib/cn'

export const Wordmark = ({ className }: { className?: string }) => (
  <span
    className={cn('inline-flex items-center gap-2 font-semibold text-[0.9375rem] tracking-tight', className)}
  >
    <svg viewBox="0 0 24 24" aria-hidden="true" className="size-5 text-accent">
      <path d="M3 21V11a9 9 0 0 1 18 0v10h-5V11a4 4 0 0 0-8 0v10z" fill="currentColor" />
    </svg>
    Portway
  </span>
)
