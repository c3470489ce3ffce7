import { createFileRoute, redirect } from '@tanstack/react-router'
import { paths } from '@/lib/paths'

export const Route = createFileRoute('/$tenant/')({
  beforeLoad: ({ params }) => {
    throw redirect({ ...paths.servers(params.tenant), replace: true })
  },
})
