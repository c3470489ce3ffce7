import { createFileRoute } from '@tanstack/react-router'
import { invitationList } from '@/api/queries'
import { InvitationsPage } from '@/features/people/invitations-page'

export const Route = createFileRoute('/$tenant/people/invitations')({
  loader: ({ context, params }) =>
    void context.queryClient.prefetchInfiniteQuery(invitationList(params.tenant)),
  component: InvitationsPage,
})
