import { Link, useParams, useRouterState } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { EmptyState } from '@/components/page'
import { Button } from '@/components/ui/button'
import { operations, pages, paths, SYSTEM } from '@/lib/paths'

export const NotFound = () => (
  <div className="mx-auto max-w-2xl px-4 py-10">
    <EmptyState icon={<Compass />} title="There is no such page" action={<WayOn />}>
      The address may be old, or mistyped.
    </EmptyState>
  </div>
)

/** Out of a dead end. */
export function WayOn() {
  const { tenant } = useParams({ strict: false })
  const place = useRouterState({ select: state => state.location.pathname.split('/')[1] })
  if (place === SYSTEM) {
    return (
      <Button asChild>
        <Link {...operations.tenants()}>To the tenants</Link>
      </Button>
    )
  }
  return (
    <Button asChild>
      {tenant ? <Link {...paths.servers(tenant)}>To the servers</Link> : <a href={pages.door}>To the door</a>}
    </Button>
  )
}
