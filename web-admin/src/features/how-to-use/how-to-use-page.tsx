//! How To Use, also behind “Add to Client”: pick the client, paste one thing, sign in.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import { useId } from 'react'
import { grantList } from '@/api/queries'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { CopyLine } from '@/components/ui/copy'
import { Switch } from '@/components/ui/switch'
import { AUTH_WORDS } from '@/lib/auth-words'
import { cn } from '@/lib/cn'
import { pages, paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { useSession } from '@/lib/session'
import { ClientPicker } from './client-picker'
import { CodeBlock } from './code-block'
import { type Client, clients, KEY_VARIABLE, type Way } from './snippets'

const route = getRouteApi('/$tenant/servers/$server/how-to-use')

export function HowToUsePage() {
  const { tenant, server } = useServer()
  const search = route.useSearch()
  const withKey = search.sign_in === 'key'
  const withForwarding = search.forward === 'yes'
  const all = clients({ name: server.slug, url: server.gateway_url, withKey, withForwarding })
  const client = all.find(({ id }) => id === search.client) ?? all[0]
  const auth = server.upstream && AUTH_WORDS[server.upstream.outbound_auth.kind]
  return (
    <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-[12rem_minmax(0,1fr)]">
      <ClientPicker clients={all} chosen={client?.id} />
      <div className="min-w-0 space-y-5">
        <Options {...{ tenant, withKey, withForwarding }} />
        {client && <Steps client={client} />}
        <Card className="p-5">
          <h2 className="font-semibold">What happens then</h2>
          <ul className="mt-2 list-disc space-y-1 pl-5 text-quiet">
            {withKey ? (
              <li>Calls are made in the name of whoever the key belongs to. Nothing opens in the browser.</li>
            ) : (
              <li>
                The browser opens once: sign in, look at what wants access, approve. The token renews itself.
              </li>
            )}
            <li>
              {auth
                ? auth.people
                : 'Where the server wants an account or a key of your own, you are asked in the same trip.'}
            </li>
            <li>
              <WhoMay />
            </li>
          </ul>
        </Card>
        <Card className="p-5">
          <h2 className="mb-2 font-semibold">Another client</h2>
          <p className="mb-2 text-quiet">
            Any client that speaks MCP over Streamable HTTP works with the URL alone:
          </p>
          <CopyLine text={server.gateway_url} label="Copy the gateway URL" />
        </Card>
      </div>
    </div>
  )
}

/** Who registers a server comes here next, and would hand out a line that nobody else can use. */
function WhoMay() {
  const { tenant, server, may } = useServer()
  const { user } = useSession()
  const { data } = useInfiniteQuery({ ...grantList(tenant, server.id), enabled: may.yes })
  const isLonely = data?.pages.every(page => page.items.every(({ subject }) => subject.id === user.id))
  return (
    <>
      {isLonely
        ? 'So far only you may use it: give people access under'
        : 'If it says that you may not: access is given under'}{' '}
      <Link {...paths.collaborators(tenant, server.id)} className="link">
        Collaborators
      </Link>
      .
    </>
  )
}

function Options({
  tenant,
  withKey,
  withForwarding,
}: {
  tenant: string
  withKey: boolean
  withForwarding: boolean
}) {
  const navigate = route.useNavigate()
  const forward = useId()
  const choose = (sign_in: 'key' | undefined) =>
    void navigate({ search: before => ({ ...before, sign_in }), replace: true, resetScroll: false })
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <fieldset className="inline-flex rounded-lg border bg-card p-0.5" aria-label="How it signs in">
          <Choice chosen={!withKey} onChoose={() => choose(undefined)}>
            Sign in with Portway
          </Choice>
          <Choice chosen={withKey} onChoose={() => choose('key')}>
            API key
          </Choice>
        </fieldset>
        <span className="flex items-center gap-2.5">
          <Switch
            id={forward}
            checked={withForwarding}
            onCheckedChange={on =>
              void navigate({
                search: before => ({ ...before, forward: on ? 'yes' : undefined }),
                replace: true,
                resetScroll: false,
              })
            }
          />
          <label htmlFor={forward}>Send headers to the server</label>
        </span>
      </div>
      {withKey && (
        <p role="note" className="flex gap-2.5 rounded-lg border border-warning-line/50 bg-warning p-3">
          <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning-text" />
          <span>
            A key lies on the machine and lives long: whoever reads it acts in your name. Use it where no
            browser can open, such as in CI.{' '}
            <a className="link" href={pages.keys(tenant)}>
              Make one
            </a>
            , keep it in the environment as <code className="font-mono text-[0.8125rem]">{KEY_VARIABLE}</code>
            , and never in a repository.
          </span>
        </p>
      )}
      {withForwarding && (
        <p role="note" className="rounded-lg border bg-card p-3 text-quiet">
          The header is JSON: the slug of a server, and the headers for it. One that authenticates replaces
          what Portway would send; others have to be allowed in the server’s settings.
        </p>
      )}
    </div>
  )
}

const Choice = ({
  chosen,
  onChoose,
  children,
}: {
  chosen: boolean
  onChoose: () => void
  children: string
}) => (
  <button
    type="button"
    aria-pressed={chosen}
    onClick={onChoose}
    className={cn(
      'h-8 rounded-md px-3 text-quiet hover:text-text max-md:h-10',
      chosen && 'bg-hover font-medium text-text',
    )}
  >
    {children}
  </button>
)

function Steps({ client }: { client: Client }) {
  return (
    <Card className="space-y-6 p-5">
      <Step title={`Add it to ${client.name}`} ways={client.add} />
      {client.signIn.length > 0 && <Step title="Sign in" ways={client.signIn} />}
    </Card>
  )
}

function Step({ title, ways }: { title: string; ways: Way[] }) {
  const links = ways.flatMap(way => (way.kind === 'link' ? [way] : []))
  return (
    <section aria-label={title}>
      <h2 className="font-semibold">{title}</h2>
      {links.length > 0 && (
        <div className="mt-3 flex flex-wrap gap-2">
          {links.map(({ label, href }, index) => (
            <Button key={href} kind={index === 0 ? 'primary' : 'secondary'} asChild>
              <a href={href}>{label}</a>
            </Button>
          ))}
        </div>
      )}
      {ways.map(way => {
        if (way.kind === 'link') return null
        if (way.kind === 'prose') {
          return (
            <p key={way.text} className="mt-3">
              {way.title !== title && <span className="font-medium">{way.title}: </span>}
              <span className="text-quiet">{way.text}</span>
            </p>
          )
        }
        return <CodeBlock key={way.title} title={way.title} text={way.text} note={way.note} />
      })}
    </section>
  )
}
