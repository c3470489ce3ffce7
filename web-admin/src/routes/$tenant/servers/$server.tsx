import { createFileRoute } from '@tanstack/react-router'
import { server } from '@/api/queries'
import { ServerPage } from '@/features/servers/server-page'

export const Route = createFileRoute('/$tenant/servers/$server')({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(server(params.tenant, params.server)),
  component: ServerPage,
})
