import { createFileRoute } from '@tanstack/react-router'
import { limitRule } from '@/api/queries'
import { LimitPage } from '@/features/limits/limit-pages'
import { readAs } from '@/lib/search'

export const Route = createFileRoute('/$tenant/limits/$limitRule')({
  validateSearch: readAs,
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(limitRule(params.tenant, params.limitRule)),
  component: LimitPage,
})
