//! Operators' door: their token is traded for a session, and forgotten by this page.

import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useForm } from 'react-hook-form'
import { api, take } from '@/api/client'
import { operatorSession } from '@/api/queries'
import { Form, TextField } from '@/components/form'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Wordmark } from '@/components/wordmark'
import { afterSignIn, pages } from '@/lib/paths'

const route = getRouteApi('/system_/sign-in')

export function OperatorSignInPage() {
  const { to } = route.useSearch()
  const router = useRouter()
  const client = useQueryClient()
  const form = useForm({ defaultValues: { token: '' } })
  useEffect(() => {
    document.title = 'Sign in as an operator · Portway'
  }, [])
  const signIn = async ({ token }: { token: string }) => {
    const session = await take(api.POST('/api/v1/platform/session', { body: { token: token.trim() } }))
    client.setQueryData(operatorSession().queryKey, session)
    router.history.push(afterSignIn(to))
  }
  return (
    <main className="mx-auto w-full max-w-md px-4 pt-[14vh] pb-16">
      <Wordmark className="text-lg" />
      <Card className="mt-5 p-5 md:p-6">
        <h1 className="font-semibold text-xl">Operations</h1>
        <p className="mt-1 mb-5 text-quiet">
          For the people who run this deployment: tenants, nodes and keys. Organisations have{' '}
          <a href={pages.door} className="text-accent underline">
            a door of their own
          </a>
          .
        </p>
        <Form
          form={form}
          onSubmit={signIn}
          fieldOfCode={{ 'operator.refused': 'token' }}
          actions={({ busy }) => (
            <Button type="submit" kind="primary" busy={busy}>
              Sign in
            </Button>
          )}
        >
          <TextField
            name="token"
            type="password"
            label="Operator token"
            code
            autoFocus
            placeholder="pwo_…"
            hint="It is traded for a session of at most 12 hours, and kept nowhere in this browser."
            rule={text => (text.trim() ? undefined : 'Paste your token')}
          />
        </Form>
      </Card>
      <div className="mt-5 space-y-1.5 px-1 text-[0.8125rem] text-quiet">
        <p>Your token was shown once, by this command on the machine of the control plane:</p>
        <p className="overflow-x-auto rounded-md bg-code px-2.5 py-1.5 font-mono text-text text-xs">
          portway-control-plane operator create --name alice
        </p>
        <p>
          If it is lost, make another operator. <code className="font-mono text-xs">portway dev</code> keeps
          its token in the file <code className="font-mono text-xs">operator.token</code> of its data folder.
        </p>
      </div>
    </main>
  )
}
