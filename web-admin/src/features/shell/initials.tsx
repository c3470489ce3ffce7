import { cn } from '@/lib/cn'

/** A person, very small. */
export const Initials = ({ name, className }: { name: string; className?: string }) => (
  <span
    aria-hidden="true"
    className={cn(
      'grid size-7 place-items-center rounded-full bg-accent-soft font-semibold text-accent text-xs',
      className,
    )}
  >
    {initials(name)}
  </span>
)

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]]
  return letters.map(word => word?.charAt(0).toUpperCase() ?? '').join('')
}
