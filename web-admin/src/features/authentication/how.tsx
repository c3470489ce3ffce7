//! In words: what opens the server's door, and what its people notice of it.

import { Link } from '@tanstack/react-router'
import type { Server } from '@/api/types'
import { Fact, Facts, Section, SectionBody } from '@/components/section'
import { Button } from '@/components/ui/button'
import { AUTH_WORDS } from '@/lib/auth-words'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { authFacts } from './facts'

export function How() {
  const { tenant, server, may } = useServer()
  const change = (
    <Button size="sm" asChild may={may}>
      <Link {...paths.serverSettings(tenant, server.id)}>Change</Link>
    </Button>
  )
  return (
    <Section
      title="How Portway is let in"
      description="What the server gets with every call, unless something below stands in its place."
      actions={change}
    >
      {server.upstream ? <Settings upstream={server.upstream} /> : <NotYours />}
    </Section>
  )
}

function Settings({ upstream: { outbound_auth: auth } }: { upstream: NonNullable<Server['upstream']> }) {
  const words = AUTH_WORDS[auth.kind]
  return (
    <Facts>
      <Fact name="By">
        {words.label}
        <p className="text-[0.8125rem] text-quiet">{words.people}</p>
      </Fact>
      {authFacts(auth).map(({ name, value, code }) => (
        <Fact key={name} name={name}>
          {code ? <code className="break-all font-mono text-[0.8125rem]">{value}</code> : value}
        </Fact>
      ))}
    </Facts>
  )
}

const NotYours = () => (
  <SectionBody className="text-quiet">
    Its managers decide that, and see it. What is asked of you, if anything, stands below.
  </SectionBody>
)
