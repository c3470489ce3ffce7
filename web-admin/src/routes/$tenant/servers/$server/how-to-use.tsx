import { createFileRoute } from '@tanstack/react-router'
import { CLIENT_IDS, type ClientId } from '@/features/how-to-use/client-ids'
import { HowToUsePage } from '@/features/how-to-use/how-to-use-page'
import { oneOf } from '@/lib/search'

type Search = { client?: ClientId; sign_in?: 'key'; forward?: 'yes' }

export const Route = createFileRoute('/$tenant/servers/$server/how-to-use')({
  validateSearch: (search: Record<string, unknown>): Search => ({
    client: oneOf(search.client, CLIENT_IDS),
    sign_in: oneOf(search.sign_in, ['key']),
    forward: oneOf(search.forward, ['yes']),
  }),
  component: HowToUsePage,
})
