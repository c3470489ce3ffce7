import { Ellipsis, RotateCw, Trash2 } from 'lucide-react'
import type { ApiKey } from '@/api/types'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem } from '@/components/ui/menu'
import type { KeyAct } from './columns'

/** Nothing can be done about a key that ended. */
export function KeyMenu({ apiKey, onAct }: { apiKey: ApiKey; onAct: (act: KeyAct) => void }) {
  if (apiKey.status !== 'active') return null
  const trigger = (
    <Button kind="quiet" size="icon" aria-label={`Actions for ${apiKey.name}`}>
      <Ellipsis className="text-quiet" />
    </Button>
  )
  return (
    <Menu trigger={trigger}>
      <MenuItem
        disabled={Boolean(apiKey.successor_id)}
        onSelect={() => onAct({ key: apiKey, what: 'rotate' })}
      >
        <RotateCw /> Replace
      </MenuItem>
      <MenuItem danger onSelect={() => onAct({ key: apiKey, what: 'revoke' })}>
        <Trash2 /> Revoke
      </MenuItem>
    </Menu>
  )
}
