import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { cn } from '@/lib/cn'
import { Button } from './button'

const CONFIRMED_MS = 1_600

/** Copies a text, and says so in its own place. */
export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
  const { copied, copy } = useCopy(text)
  return (
    <Button
      kind="quiet"
      size="icon"
      aria-label={copied ? 'Copied' : label}
      title={label}
      className={className}
      onClick={event => {
        event.preventDefault()
        event.stopPropagation()
        void copy()
      }}
    >
      {copied ? <Check className="text-accent" /> : <Copy className="text-quiet" />}
      <span role="status" className="sr-only">
        {copied && 'Copied'}
      </span>
    </Button>
  )
}

function useCopy(text: string) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), CONFIRMED_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async () => {
    await copyText(text)
    setCopied(true)
  }
  return { copied, copy }
}

/** Also where the Clipboard API is missing: a console on plain http off loopback. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text)
    return
  }
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'sr-only'
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}

/** A short text in a line of facts, to be read and copied. It makes its line no taller. */
export const CopyCode = ({ text, label }: { text: string; label: string }) => (
  <span className="flex min-h-[1.3125rem] items-center gap-0.5">
    <code className="min-w-0 break-all font-mono text-xs">{text}</code>
    <CopyButton text={text} label={label} className="-my-1.5 size-7 max-md:-my-2.5" />
  </span>
)

/** A line to copy, such as a URL. */
export function CopyLine({ text, label, className }: { text: string; label: string; className?: string }) {
  return (
    <div
      className={cn(
        'flex items-center gap-1 rounded-md border border-line bg-code py-0.5 pr-1 pl-3',
        className,
      )}
    >
      <code className="min-w-0 flex-1 break-all py-1.5 font-mono text-[0.8125rem]">{text}</code>
      <CopyButton text={text} label={label} />
    </div>
  )
}
