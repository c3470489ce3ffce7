//! The one-time link of an owner, shown once.

import type { Invitation } from '@/api/types'
import { SecretDialog } from '@/components/secret-dialog'
import { exact } from '@/lib/time'

export type OwnerLinkProps = { invitation: Invitation; link: string; onClose: () => void }

export const OwnerLink = ({ invitation, link, onClose }: OwnerLinkProps) => (
  <SecretDialog
    title={`${invitation.email} is invited as an owner`}
    secret={link}
    what="link"
    warning="Whoever has this link becomes an owner of the tenant. It is shown now, and never again."
    onClose={onClose}
  >
    Give it to {invitation.email} on a way that only they read. It works once, until{' '}
    {exact(invitation.expires_at)}. If it is lost, invite them again: that ends this one.
  </SecretDialog>
)
