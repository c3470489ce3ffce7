import { createFileRoute } from '@tanstack/react-router'
import { limitRule } from '@/api/queries'
import { LimitPage } from '@/features/limits/limit-pages'

export const Route = createFileRoute('/$tenant/limits/$limitRule')({
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(limitRule(params.tenant, params.limitRule)),
  component: LimitPage,
})
