import { CopyButton } from '@/components/ui/copy'

/** A text to paste, under the name of where it goes. */
export function CodeBlock({ title, text, note }: { title: string; text: string; note: string | undefined }) {
  return (
    <figure className="mt-3">
      <figcaption className="flex items-center justify-between gap-2 rounded-t-lg border border-b-0 bg-page py-0.5 pr-1 pl-3 text-[0.8125rem] text-quiet">
        <span className="min-w-0 truncate font-mono text-xs">{title}</span>
        <CopyButton text={text} label={`Copy: ${title}`} />
      </figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto rounded-b-lg border bg-code px-3 py-2.5 font-mono text-[0.8125rem] leading-relaxed"
      >
        <code>{text}</code>
      </pre>
      {note && <p className="mt-1.5 text-[0.8125rem] text-quiet">{note}</p>}
    </figure>
  )
}
