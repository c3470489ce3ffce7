//! How a server is let in by, and with whose credentials.

import { useServer } from '@/lib/server'
import { How } from './how'
import { MemberPrompts } from './member-prompts'
import { MyAccount } from './my-account'
import { Overrides } from './overrides'
import { SharedCredential } from './shared-credential'
import { StoredAccounts } from './stored-accounts'

export function AuthenticationPage() {
  const { server, may } = useServer()
  if (server.kind === 'virtual') {
    return (
      <div className="max-w-4xl">
        <MemberPrompts />
      </div>
    )
  }
  const auth = server.upstream?.outbound_auth
  const form = auth?.kind === 'per_user_header' ? auth : undefined
  return (
    <div className="grid max-w-4xl gap-5">
      <How />
      {server.upstream && auth?.kind === 'shared_header' && (
        <SharedCredential url={server.upstream.url} auth={auth} />
      )}
      <MyAccount />
      {may.yes && (form || auth?.kind === 'oauth_per_user') && <StoredAccounts form={form} />}
      <Overrides />
    </div>
  )
}
