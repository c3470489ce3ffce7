//! The raw exchange with the gateway: each request and what came back, headers and bodies.

import type { Exchange } from '@/api/types'
import { Raw } from '@/components/raw'
import { Section } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { CopyButton } from '@/components/ui/copy'
import { took } from '@/lib/units'
import { exchangeTitle, readable, wholeText } from './exchange-words'

export function Exchanges({ exchanges }: { exchanges: readonly Exchange[] }) {
  if (exchanges.length === 0) return null
  return (
    <Section
      title="What went over the wire"
      description="Every request to the gateway, as a client makes them. What opens doors is left out."
    >
      <ul className="divide-y divide-line border-t">
        {exchanges.map((exchange, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they came in this order, and stay in it
          <li key={at}>
            <One exchange={exchange} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

function One({ exchange }: { exchange: Exchange }) {
  const { name, duration_ms, request, response } = exchange
  const isGood = response && response.status < 400
  return (
    <details className="group">
      <summary
        aria-label={exchangeTitle(exchange)}
        className="flex min-h-11 items-center gap-3 px-4 py-2 hover:bg-hover focus-visible:-outline-offset-2 md:px-5"
      >
        <code className="min-w-0 truncate font-mono text-[0.8125rem]">{name}</code>
        <Badge tone={isGood ? 'good' : 'alert'}>{response ? response.status : 'No answer'}</Badge>
        <span className="ml-auto whitespace-nowrap text-quiet text-xs">{took(duration_ms * 1_000)}</span>
      </summary>
      <div className="space-y-5 border-t px-4 py-4 md:px-5">
        <Side title="Request" first={`${request.method} ${request.url}`} {...request} />
        {response ? (
          <Side title="Answer" first={`HTTP ${response.status}`} {...response} />
        ) : (
          <p className="text-quiet">Nothing came back.</p>
        )}
      </div>
    </details>
  )
}

type SideProps = {
  title: string
  /** The first line: what was asked for, or the status. */
  first: string
  headers: { name: string; value: string }[]
  body: string
  truncated?: boolean
}

function Side({ title, first, headers, body, truncated }: SideProps) {
  return (
    <section aria-label={title} className="min-w-0">
      <div className="flex items-center justify-between">
        <h3 className="font-medium">{title}</h3>
        <CopyButton text={wholeText(first, headers, body)} label={`Copy the whole ${title.toLowerCase()}`} />
      </div>
      <p className="break-all font-mono text-[0.8125rem]">{first}</p>
      <dl className="mt-1.5 mb-2.5 grid grid-cols-1 gap-x-3 text-[0.8125rem] sm:grid-cols-[minmax(8rem,auto)_minmax(0,1fr)]">
        {headers.map(({ name, value }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a header may come twice
          <div key={at} className="contents">
            <dt className="text-quiet">{name}</dt>
            <dd className="break-all font-mono text-xs leading-5">{value}</dd>
          </div>
        ))}
      </dl>
      {body !== '' && <Raw label={`Body of the ${title.toLowerCase()}`} text={readable(body)} />}
      {truncated && (
        <p className="mt-1 text-[0.8125rem] text-quiet">The rest was longer than the console takes.</p>
      )}
    </section>
  )
}
