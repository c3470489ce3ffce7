import { createFileRoute } from '@tanstack/react-router'
import { nodeList } from '@/api/queries'
import { NodesPage } from '@/features/operations/nodes-page'

export const Route = createFileRoute('/system/nodes/')({
  loader: ({ context }) => void context.queryClient.prefetchInfiniteQuery(nodeList()),
  component: NodesPage,
})
