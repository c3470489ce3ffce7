import { createFileRoute, redirect } from '@tanstack/react-router'
import { operations } from '@/lib/paths'

export const Route = createFileRoute('/system/')({
  beforeLoad: () => {
    throw redirect({ ...operations.tenants(), replace: true })
  },
})
