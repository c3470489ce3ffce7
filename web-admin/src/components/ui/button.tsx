import { cva, type VariantProps } from 'class-variance-authority'
import { LoaderCircle } from 'lucide-react'
import { Slot } from 'radix-ui'
import type { ComponentProps } from 'react'
import type { May } from '@/lib/can'
import { cn } from '@/lib/cn'
import { Hint } from './tooltip'

const button = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium transition-colors disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      kind: {
        primary: 'border-transparent bg-accent text-on-accent hover:bg-accent-strong',
        secondary: 'border-line bg-card hover:border-field-line hover:bg-hover',
        quiet: 'border-transparent bg-transparent hover:bg-hover',
        danger: 'border-transparent bg-danger text-on-danger hover:opacity-90',
        'danger-quiet': 'border-line bg-card text-alert-text hover:border-alert-line hover:bg-alert',
      },
      size: {
        md: 'h-9 px-3 max-md:h-10',
        sm: 'h-8 px-2.5 text-[0.8125rem] max-md:h-10',
        icon: 'size-8 max-md:size-10',
      },
    },
    defaultVariants: { kind: 'secondary', size: 'md' },
  },
)

type ButtonProps = ComponentProps<'button'> &
  VariantProps<typeof button> & {
    /** Renders the only child instead of a button: for links that look like one. */
    asChild?: boolean
    /** Shows that it is under way, and takes no further click. */
    busy?: boolean
    /** Disabled with a reason, where the person may not. */
    may?: May
  }

export function Button({ kind, size, className, asChild, busy, may, children, ...rest }: ButtonProps) {
  const classes = cn(button({ kind, size }), className)
  if (may && !may.yes) {
    // Stays focusable, so that the reason can be reached by keyboard; `aria-disabled` and no handler make it inert.
    return (
      <Hint text={may.why}>
        <button type="button" aria-disabled="true" aria-label={rest['aria-label']} className={classes}>
          {asChild ? innards(children) : children}
        </button>
      </Hint>
    )
  }
  if (asChild) {
    return (
      <Slot.Root className={classes} {...rest}>
        {children}
      </Slot.Root>
    )
  }
  return (
    <button
      type="button"
      className={classes}
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy && <LoaderCircle className="animate-spin" aria-hidden="true" />}
      {children}
    </button>
  )
}

/** What stands inside the link that a button would have been. */
function innards(link: React.ReactNode): React.ReactNode {
  const element = link as React.ReactElement<{ children?: React.ReactNode }>
  return element.props.children
}
