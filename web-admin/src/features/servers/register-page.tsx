//! Registering a server: a preset fills the form in, or one starts from the URL.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ExternalLink } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useForm } from 'react-hook-form'
import { presets } from '@/api/queries'
import type { Preset } from '@/api/types'
import { FormOrYaml } from '@/components/form-or-yaml'
import { EmptyState, Page } from '@/components/page'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { toast } from '@/components/ui/toast'
import { can } from '@/lib/can'
import { cn } from '@/lib/cn'
import { paths } from '@/lib/paths'
import { useSession } from '@/lib/session'
import { useServerActions } from './actions'
import { LookAt, useLook } from './look-at'
import { serverFormat } from './server-document'
import { ServerForm } from './server-form'
import { bodyOf, EMPTY, presetValues, type ServerValues } from './server-values'
import { useSlugOfName } from './use-slug-of-name'

const route = getRouteApi('/$tenant/servers/new')

export function RegisterPage() {
  const may = can.registerServers(useSession())
  return (
    <Page
      title="Register a server"
      description="Your people reach it through Portway, with their company account and no key on their machines."
      width="narrow"
    >
      {may.yes ? <Register /> : <EmptyState title="You may not register servers">{may.why}</EmptyState>}
    </Page>
  )
}

function Register() {
  const { tenant } = route.useParams()
  const navigate = route.useNavigate()
  const { tenant: organisation } = useSession()
  const { register } = useServerActions()
  const form = useForm<ServerValues>({ defaultValues: EMPTY })
  useSlugOfName(form)
  const { preset, filled } = usePreset(form)
  const looking = useLook(form, filled)
  const choose = (chosen: Preset | undefined) =>
    void navigate({
      search: before => ({ ...before, preset: chosen?.slug }),
      replace: true,
      resetScroll: false,
    })
  const origin = organisation.gateway_origins[0]
  const save = async (values: ServerValues) => {
    const server = await register(bodyOf(values))
    toast.done(`${server.display_name} is registered`)
    await navigate(paths.howToUse(tenant, server.id))
  }
  return (
    <div className="space-y-5">
      <Presets chosen={preset} onChoose={choose} />
      <FormOrYaml form={form} format={FORMAT} from={filled} onSubmit={save} action="Register server">
        {() => (
          <ServerForm
            form={form}
            aroundUrl={field => <LookAt looking={looking}>{field}</LookAt>}
            slug={{ around: origin === undefined ? undefined : [`${origin}/${tenant}/mcp/`, '/server'] }}
            onSubmit={save}
            actions={({ busy }) => (
              <>
                <Button type="submit" kind="primary" busy={busy}>
                  Register server
                </Button>
                <Button asChild>
                  <Link {...paths.servers(tenant)}>Cancel</Link>
                </Button>
              </>
            )}
          />
        )}
      </FormOrYaml>
    </div>
  )
}

const FORMAT = serverFormat()

/** The preset of the address, and the one that the form was filled in with: the former comes first. */
function usePreset(form: ReturnType<typeof useForm<ServerValues>>) {
  const { tenant } = route.useParams()
  const { preset: slug } = route.useSearch()
  const { data } = useQuery(presets(tenant))
  const preset = data?.items.find(preset => preset.slug === slug)
  const [filled, setFilled] = useState<string>()
  useEffect(() => {
    if (filled === preset?.slug) return
    form.reset(preset ? presetValues(preset) : EMPTY)
    setFilled(preset?.slug)
  }, [form, preset, filled])
  return { preset, filled }
}

function Presets({
  chosen,
  onChoose,
}: {
  chosen: Preset | undefined
  onChoose: (preset: Preset | undefined) => void
}) {
  const { tenant } = route.useParams()
  const { data } = useQuery(presets(tenant))
  if (!data || data.items.length === 0) return null
  return (
    <Card className="p-5">
      <h2 className="font-medium">Start from a server that is known</h2>
      <div className="mt-2.5 flex flex-wrap gap-2">
        {[undefined, ...data.items].map(preset => {
          const isChosen = preset?.slug === chosen?.slug
          return (
            <Button
              key={preset?.slug ?? ''}
              size="sm"
              aria-pressed={isChosen}
              className={cn(isChosen && 'border-accent bg-accent-soft hover:bg-accent-soft')}
              onClick={() => onChoose(preset)}
            >
              {preset?.display_name ?? 'Another'}
            </Button>
          )
        })}
      </div>
      {chosen && <PresetNotes preset={chosen} />}
    </Card>
  )
}

function PresetNotes({ preset }: { preset: Preset }) {
  return (
    <div className="mt-4 space-y-2 text-quiet">
      {preset.client === 'by_hand' && (
        <p className="text-text">
          Needs a client that you register at the provider: put its id and secret below.
        </p>
      )}
      {preset.notes.length > 0 && (
        <ul className="list-disc space-y-1 pl-5">
          {preset.notes.map(note => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <p className="flex flex-wrap gap-x-4 gap-y-1">
        {preset.register_at && <Outside href={preset.register_at}>Register the client</Outside>}
        <Outside href={preset.documentation}>Documentation</Outside>
      </p>
    </div>
  )
}

const Outside = ({ href, children }: { href: string; children: string }) => (
  <a href={href} target="_blank" rel="noreferrer" className="link inline-flex items-center gap-1">
    {children} <ExternalLink aria-hidden="true" className="size-3.5" />
  </a>
)
