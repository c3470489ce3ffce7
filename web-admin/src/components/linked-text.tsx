//! A text from elsewhere, as it is; addresses of the web in it can be followed.

import { withLinks } from '@/lib/mcp'

export const LinkedText = ({ text }: { text: string }) => (
  <>
    {withLinks(text).map(({ text, href }, at) =>
      href === undefined ? (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, which never move
        <span key={at}>{text}</span>
      ) : (
        // biome-ignore lint/suspicious/noArrayIndexKey: likewise
        <a key={at} href={href} target="_blank" rel="noreferrer" className="link break-all">
          {text}
        </a>
      ),
    )}
  </>
)
