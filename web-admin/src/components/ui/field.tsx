import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'

const field =
  'w-full rounded-md border border-field-line/60 bg-field px-3 text-text transition-colors hover:border-field-line aria-invalid:border-alert-line disabled:bg-code disabled:text-quiet [&[readonly]]:bg-code [&[readonly]]:text-quiet max-md:text-base'

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cn(field, 'h-9 max-md:h-10', className)} autoComplete="off" {...rest} />
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cn(field, 'min-h-20 py-2', className)} {...rest} />
}

/** The browser's own list: it is the best one on a phone, and needs nothing. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return (
    <span className={cn('relative inline-block w-full', className)}>
      <select className={cn(field, 'h-9 appearance-none pr-8 max-md:h-10')} {...rest} />
      <ChevronDown
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-quiet"
      />
    </span>
  )
}
