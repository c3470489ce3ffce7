//! What documents of servers have in common, whether they have a URL or members (portway/src/apply/manifest/server.rs): what
//! they are called, and what is not the form's. Pure.

import { API_VERSION, type Fields, type Node, type Reader } from '@/lib/document/reader'

/** What cannot be changed where a document is typed; nothing of what is new. */
export type Registered = { slug: string; isEnabled: boolean }

type Names = { slug: string; display_name: string; description: string; tags: string[] }

const KNOWN = ['displayName', 'description', 'tags', 'enabled', 'grants']
const GRANTS = 'is for files: left out, the grants stay as they are; change them under Collaborators'

export const headDocument = (
  { slug, display_name, description, tags }: Names,
  isEnabled: boolean,
  reach: object,
) => ({
  apiVersion: API_VERSION,
  kind: 'Server',
  metadata: { slug },
  spec: {
    displayName: display_name,
    description,
    enabled: isEnabled,
    ...(tags.length > 0 && { tags }),
    ...reach,
  },
})

/** `elsewhere`: known to files, and refused here, with where it is done. */
export function readHead(
  root: Node,
  reader: Reader,
  registered: Registered | undefined,
  reach: { known: readonly string[]; elsewhere: Record<string, string> },
): { names: Names; spec: Fields } | undefined {
  const elsewhere = { ...reach.elsewhere, grants: GRANTS }
  const head = reader.head(root, 'Server', 'slug', [
    ...KNOWN,
    ...reach.known,
    ...Object.keys(reach.elsewhere),
  ])
  if (!head) return undefined
  const { name: slug, spec } = head
  for (const [key, message] of Object.entries(elsewhere)) spec.refuse(key, message)
  if (registered && slug !== registered.slug)
    reader.wrong(root.line, 'metadata.slug', `must be ${registered.slug}: a slug never changes`)
  const { isEnabled } = registered ?? { isEnabled: true }
  spec.stays('enabled', isEnabled, 'that is changed under Out of service, in the settings')
  const names = {
    slug,
    display_name: spec.optional('displayName') ?? slug,
    description: spec.optional('description') ?? '',
    tags: spec.words('tags') ?? [],
  }
  return { names, spec }
}
