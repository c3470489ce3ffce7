import type { OAuthClient } from '@/api/types'

/** How a client came to be known. */
export const CLIENT_KINDS: Record<OAuthClient['kind'], string> = {
  dynamic: 'Registered itself',
  metadata_document: 'Document at its URL',
  static: 'Registered by hand',
}
