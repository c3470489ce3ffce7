import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { server } from '@/api/queries'
import { Page } from '@/components/page'
import { CopyLine } from '@/components/ui/copy'

const route = getRouteApi('/$tenant/servers/$server')

export function ServerPage() {
  const { tenant, server: id } = route.useParams()
  const { data } = useSuspenseQuery(server(tenant, id))
  return (
    <Page title={data.display_name} description={data.description}>
      <h2 className="mb-2 font-medium">Gateway URL</h2>
      <CopyLine text={data.gateway_url} label="Copy the gateway URL" />
    </Page>
  )
}
