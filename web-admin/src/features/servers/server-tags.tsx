import { Link } from '@tanstack/react-router'
import { Badge } from '@/components/ui/badge'
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
    <ul aria-label="Tags" className="flex flex-wrap items-center gap-1">
      {tags.slice(0, atMost).map(tag => (
        <li key={tag} className="relative z-1 flex">
          <Link {...paths.servers(tenant)} search={{ tag }} title={`Servers with the tag ${tag}`}>
            <Badge className="hover:border-field-line hover:text-text">{tag}</Badge>
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
