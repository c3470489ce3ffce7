import { createFileRoute } from '@tanstack/react-router'
import { node } from '@/api/queries'
import { NodePage } from '@/features/operations/node-page'

export const Route = createFileRoute('/system/nodes/$node')({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(node(params.node)),
  component: NodePage,
})
