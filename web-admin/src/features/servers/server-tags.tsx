import { Link } from '@tanstack/react-router'
import { Badge } from '@/components/ui/badge'
import { cn } from '@/lib/cn'
import { paths } from '@/lib/paths'

type ServerTagsProps = {
  tenant: string
  tags: readonly string[]
  /** As many are shown; the rest is a number. */
  atMost?: number
}

/** Each leads to the servers that have it. */
export function ServerTags({ tenant, tags, atMost = tags.length }: ServerTagsProps) {
  const rest = tags.slice(atMost)
  if (tags.length === 0) return null
  return (
    <ul aria-label="Tags" className={cn('flex items-center gap-1', rest.length === 0 && 'flex-wrap')}>
      {tags.slice(0, atMost).map(tag => (
        <li key={tag} className="relative z-1 flex min-w-0">
          <Link
            {...paths.servers(tenant)}
            search={{ tag }}
            title={`Servers with the tag ${tag}`}
            className="flex min-w-0"
          >
            <Badge className="min-w-0 hover:border-field-line hover:text-text">
              <span className="truncate">{tag}</span>
            </Badge>
          </Link>
        </li>
      ))}
      {rest.length > 0 && (
        <li className="text-quiet text-xs" title={rest.join(', ')}>
          +{rest.length}
        </li>
      )}
    </ul>
  )
}
