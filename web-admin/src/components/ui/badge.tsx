import { cva, type VariantProps } from 'class-variance-authority'
import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'

const badge = cva(
  'inline-flex items-center gap-1.5 whitespace-nowrap rounded-full border px-2 py-px text-xs font-medium',
  {
    variants: {
      tone: {
        plain: 'border-line text-quiet',
        good: 'border-transparent bg-accent-soft text-accent',
        warning: 'border-transparent bg-warning text-warning-text',
        alert: 'border-transparent bg-alert text-alert-text',
      },
    },
    defaultVariants: { tone: 'plain' },
  },
)

export function Badge({ tone, className, ...rest }: ComponentProps<'span'> & VariantProps<typeof badge>) {
  return <span className={cn(badge({ tone }), className)} {...rest} />
}
