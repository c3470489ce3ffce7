//! How something is written as a document, and read from one.

import type { Node, Reader } from './reader'

export type Format<T> = {
  /** Never with a secret: those are typed in the form alone. */
  write: (values: T) => Promise<object>
  /** Notes mistakes with the reader. `now` is what the form has, for what a document cannot say. */
  read: (root: Node, reader: Reader, now: T) => Promise<T | undefined>
  /** What stays as it is where it is left out, such as “members”. */
  stays?: string
  /** What was typed and is not in the document, such as “the client secret”. */
  typedSecrets?: (values: T) => string[]
}
