import { Trash2 } from 'lucide-react'
import type { Grant, ServerRole } from '@/api/types'
import { columnsOf } from '@/components/data-table'
import { Who } from '@/components/subject'
import { Button } from '@/components/ui/button'
import { Select } from '@/components/ui/field'
import { QuietTime } from '@/components/ui/time'
import type { May } from '@/lib/can'

const columns = columnsOf<Grant>()

type Does = { may: May; onRole: (grant: Grant, role: ServerRole) => void; onRemove: (grant: Grant) => void }

export const grantColumns = ({ may, onRole, onRemove }: Does) =>
  columns.columns([
    columns.accessor('subject', { header: 'Who', cell: info => <Who subject={info.getValue()} /> }),
    columns.accessor('role', {
      header: 'Role',
      meta: { className: 'w-36 max-md:w-32 max-md:px-1' },
      cell: ({ row: { original } }) =>
        may.yes ? (
          <Select
            aria-label={`Role of ${original.subject.display_name}`}
            className="w-28 max-md:w-32"
            value={original.role}
            onChange={event => onRole(original, event.target.value as ServerRole)}
          >
            <option value="user">User</option>
            <option value="manager">Manager</option>
          </Select>
        ) : (
          <span className="capitalize">{original.role}</span>
        ),
    }),
    columns.accessor('created_at', {
      header: 'Since',
      meta: { className: 'max-md:hidden w-40' },
      cell: info => <QuietTime at={info.getValue()} />,
    }),
    columns.display({
      id: 'remove',
      header: () => <span className="sr-only">Remove</span>,
      meta: { className: 'w-14 max-md:px-1' },
      cell: ({ row: { original } }) => (
        <Button
          kind="quiet"
          size="icon"
          may={may}
          aria-label={`Take it from ${original.subject.display_name}`}
          onClick={() => onRemove(original)}
        >
          <Trash2 />
        </Button>
      ),
    }),
  ])
