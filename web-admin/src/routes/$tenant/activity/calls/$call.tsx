import { createFileRoute } from '@tanstack/react-router'
import { call } from '@/api/queries'
import { CallPage } from '@/features/activity/call-page'

export const Route = createFileRoute('/$tenant/activity/calls/$call')({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(call(params.tenant, params.call)),
  component: CallPage,
})
