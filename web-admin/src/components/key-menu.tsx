import { Ellipsis } from 'lucide-react'
import type { ApiKey } from '@/api/types'
import type { May } from '@/lib/can'
import type { KeyAsked } from './key-questions'
import { Button } from './ui/button'
import { Menu, MenuItem } from './ui/menu'

type KeyMenuProps = {
  apiKey: ApiKey
  ask: (asked: KeyAsked) => void
  /** Left out where keys are not made: other people's are theirs to make. */
  mayReplace?: May
  mayRevoke: May
}

/** Nothing can be done about a key that ended. */
export function KeyMenu({ apiKey: key, ask, mayReplace, mayRevoke }: KeyMenuProps) {
  if (key.status !== 'active') return null
  const replaced: May = { yes: false, why: 'Another key takes its place already.' }
  return (
    <Menu
      trigger={
        <Button kind="quiet" size="icon" aria-label={`Actions for the key ${key.name}`}>
          <Ellipsis />
        </Button>
      }
    >
      {mayReplace && (
        <MenuItem
          may={mayReplace.yes && key.successor_id ? replaced : mayReplace}
          onSelect={() => ask({ what: 'replace', key })}
        >
          Replace…
        </MenuItem>
      )}
      <MenuItem danger may={mayRevoke} onSelect={() => ask({ what: 'revoke', key })}>
        Revoke…
      </MenuItem>
    </Menu>
  )
}
