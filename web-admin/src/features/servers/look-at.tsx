//! A look at the URL that somebody typed: whether an MCP server is there, and what it wants. What it finds is filled in
//! where nobody has typed; whatever it finds, the server can be registered.

import { CircleCheck, Search, TriangleAlert } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { type UseFormReturn, useWatch } from 'react-hook-form'
import { probeServer } from '@/api/playground'
import type { Probe } from '@/api/types'
import { Button } from '@/components/ui/button'
import { explain } from '@/lib/problem'
import { useTenant } from '@/lib/session'
import { factsOf, isCompleteUrl, proposalOf, toldOf } from './probe-values'
import { EMPTY, type ServerValues } from './server-values'

type Look =
  | { state: 'none' }
  | { state: 'looking' }
  | { state: 'seen'; url: string; probe: Probe; filled: string[] }
  | { state: 'failed'; url: string; error: unknown }

type Looking = { look: Look; start: (url: string) => void; hasLooked: (url: string) => boolean }

/** Around the field of the URL, within the form. */
export function LookAt({ looking, children }: { looking: Looking; children: ReactNode }) {
  const url = useWatch<ServerValues, 'upstream_url'>({ name: 'upstream_url' }).trim()
  const { look, start, hasLooked } = looking
  return (
    <div>
      <fieldset
        aria-label="Where the server is"
        className="min-w-0"
        onBlur={() => {
          if (isCompleteUrl(url) && !hasLooked(url)) start(url)
        }}
      >
        {children}
      </fieldset>
      <Button
        size="sm"
        className="mt-2"
        busy={look.state === 'looking'}
        disabled={url === ''}
        onClick={() => start(url)}
      >
        {look.state !== 'looking' && <Search />} Look at it
      </Button>
      <div role="status" className="mt-3 empty:hidden">
        {/* What was seen elsewhere says nothing of this URL. */}
        {look.state === 'seen' && look.url === url && <Seen probe={look.probe} filled={look.filled} />}
        {look.state === 'failed' && look.url === url && (
          <Note tone="warning" title="Portway could not look at it">
            {explain(look.error).what} You can register the server all the same.
          </Note>
        )}
      </div>
    </div>
  )
}

const NONE: Look = { state: 'none' }

/** Lives as long as the page: what was seen is there again after a look at the YAML. Another preset (`from`) forgets it. */
export function useLook(form: UseFormReturn<ServerValues>, from: string | undefined): Looking {
  const tenant = useTenant()
  const [look, setLook] = useState<Look>(NONE)
  const current = useRef<AbortController>(undefined)
  const looked = useRef('')
  const { fill, forget } = useFill(form)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another preset is another server
  useEffect(() => {
    setLook(NONE)
    looked.current = ''
    forget()
    return () => current.current?.abort()
  }, [from])
  const start = async (url: string) => {
    looked.current = url
    current.current?.abort()
    const mine = new AbortController()
    current.current = mine
    setLook({ state: 'looking' })
    try {
      const probe = await probeServer(tenant, url, mine.signal)
      if (!mine.signal.aborted) setLook({ state: 'seen', url, probe, filled: fill(probe, url) })
    } catch (error) {
      if (!mine.signal.aborted) setLook({ state: 'failed', url, error })
    }
  }
  return { look, start: url => void start(url), hasLooked: url => looked.current === url }
}

const proposedAtFirst = () => ({ display_name: EMPTY.display_name, kind: EMPTY.kind as ServerValues['kind'] })

/** Fills in what nobody has typed or chosen; says what that was. */
function useFill({ subscribe, getValues, setValue }: UseFormReturn<ServerValues>) {
  const touched = useRef(new Set<string>())
  const proposed = useRef(proposedAtFirst())
  useEffect(
    () =>
      subscribe({
        formState: { values: true },
        // Only what a person does has a type.
        callback: ({ name, type }) => {
          if (type === 'change' && name) touched.current.add(name)
        },
      }),
    [subscribe],
  )
  const fill = (probe: Probe, url: string): string[] => {
    const { display_name, kind } = proposalOf(probe, url)
    const filled: string[] = []
    const isOurs = (field: 'display_name' | 'kind') =>
      !touched.current.has(field) && getValues(field) === proposed.current[field]
    if (display_name !== '' && isOurs('display_name')) {
      setValue('display_name', display_name)
      proposed.current.display_name = display_name
      filled.push('the name')
    }
    if (kind !== undefined && isOurs('kind')) {
      setValue('kind', kind)
      proposed.current.kind = kind
      filled.push('how Portway authenticates')
    }
    return filled
  }
  const forget = () => {
    touched.current.clear()
    proposed.current = proposedAtFirst()
  }
  return { fill, forget }
}

function Seen({ probe, filled }: { probe: Probe; filled: string[] }) {
  const { tone, title, todo } = toldOf(probe)
  const facts = factsOf(probe)
  return (
    <Note tone={tone} title={title}>
      {probe.detail && <p className="break-words">{probe.detail}</p>}
      {todo && <p>{todo}</p>}
      {facts.length > 0 && (
        <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-quiet">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {probe.tools.length > 0 && <ToolNames probe={probe} />}
      {filled.length > 0 && (
        <p className="mt-2 text-quiet">Filled in: {filled.join(' and ')}. Change it as you like.</p>
      )}
    </Note>
  )
}

const ToolNames = ({ probe }: { probe: Probe }) => (
  <details className="mt-2">
    <summary className="w-fit rounded text-accent max-md:py-2">Which tools</summary>
    <ul className="mt-1 max-h-60 space-y-1 overflow-y-auto">
      {probe.tools.map(({ name, title, description }) => (
        <li key={name}>
          <code className="break-all font-mono text-[0.8125rem]">{name}</code>
          <span className="line-clamp-1 text-quiet text-xs">
            {[title, description].filter(Boolean).join(': ')}
          </span>
        </li>
      ))}
    </ul>
  </details>
)

type NoteProps = { tone: 'good' | 'warning'; title: string; children: ReactNode }

const Note = ({ tone, title, children }: NoteProps) => (
  <div
    className={`flex gap-2.5 rounded-lg border p-3 ${tone === 'good' ? 'border-accent/40 bg-accent-soft' : 'border-warning-line/50 bg-warning'}`}
  >
    {tone === 'good' ? (
      <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-accent" />
    ) : (
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning-text" />
    )}
    <div className="min-w-0 flex-1">
      <p className="font-medium">{title}</p>
      <div className="text-[0.8125rem]">{children}</div>
    </div>
  </div>
)
