//! A service account as the document that `portway apply` takes (portway/src/apply/manifest/principals.rs), and back. Its
//! keys are never in it.

import type { Format } from '@/lib/document/format'
import { API_VERSION } from '@/lib/document/reader'

export type AccountValues = { name: string; description: string }

export const accountFormat = (isEnabled: boolean): Format<AccountValues> => ({
  write: async ({ name, description }) => ({
    apiVersion: API_VERSION,
    kind: 'ServiceAccount',
    metadata: { name: name.trim() },
    spec: { description: description.trim(), enabled: isEnabled },
  }),
  read: async (root, reader) => {
    const head = reader.head(root, 'ServiceAccount', 'name', ['description', 'enabled'])
    head?.spec.stays('enabled', isEnabled, 'that is changed by the actions of the service account')
    return head && { name: head.name, description: head.spec.optional('description') ?? '' }
  },
})
