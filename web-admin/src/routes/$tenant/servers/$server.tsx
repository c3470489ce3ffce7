import { createFileRoute } from '@tanstack/react-router'
import { server } from '@/api/queries'
import { ServerLayout } from '@/features/servers/server-layout'

export const Route = createFileRoute('/$tenant/servers/$server')({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(server(params.tenant, params.server)),
  component: ServerLayout,
})
