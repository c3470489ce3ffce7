import { createFileRoute } from '@tanstack/react-router'
import { pages } from '@/lib/paths'

/** Without an organisation there is nothing to show: the door asks which one. */
export const Route = createFileRoute('/')({
  beforeLoad: () => window.location.replace(pages.door),
})
