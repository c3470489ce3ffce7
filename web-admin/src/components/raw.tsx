//! A text as a machine wrote it, such as JSON: of a fixed width, scrolled in its own frame, and to be copied.

import { cn } from '@/lib/cn'
import { CopyButton } from './ui/copy'

type RawProps = {
  /** What it is, for the button and for screen readers. */
  label: string
  text: string
  className?: string
}

export function Raw({ label, text, className }: RawProps) {
  return (
    <div className="relative">
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className={cn(
          'max-h-96 overflow-auto rounded-lg border bg-code py-2.5 pr-12 pl-3 font-mono text-[0.8125rem] leading-relaxed',
          className,
        )}
      >
        <pre className="whitespace-pre-wrap break-words [overflow-wrap:anywhere]">{text}</pre>
      </section>
      <CopyButton
        text={text}
        label={`Copy: ${label}`}
        className="absolute top-1 right-1 bg-code max-md:size-9"
      />
    </div>
  )
}
