//! Enrols a node, and hands out its secret.

import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { NewNode } from '@/api/types'
import { TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { SecretDialog } from '@/components/secret-dialog'
import { useNodeActions } from './actions'

export function EnrolFlow({ onClose }: { onClose: () => void }) {
  const [fresh, setFresh] = useState<NewNode>()
  if (!fresh) return <EnrolDialog onDone={setFresh} onClose={onClose} />
  return (
    <SecretDialog
      title={`${fresh.node.name} is enrolled`}
      secret={fresh.secret}
      what="secret"
      warning={`Whoever has this secret learns all that tenants of the pool ${fresh.node.pool} keep in nodes. It is shown now, and never again.`}
      onClose={onClose}
    >
      Put it into a file that only the node reads, and name that file in its settings as{' '}
      <code className="font-mono text-xs">node_secret_file</code>. The node connects by itself.
    </SecretDialog>
  )
}

const needed = (what: string) => (text: string) => (text.trim() ? undefined : `A ${what} is needed`)

function EnrolDialog({ onDone, onClose }: { onDone: (node: NewNode) => void; onClose: () => void }) {
  const { enrol } = useNodeActions()
  const form = useForm({ defaultValues: { name: '', pool: 'default' } })
  return (
    <FormDialog
      title="Enrol a node"
      form={form}
      onSubmit={async ({ name, pool }) => onDone(await enrol({ name: name.trim(), pool: pool.trim() }))}
      onClose={onClose}
      fieldOfCode={{ 'node.name_taken': 'name' }}
      action="Enrol"
    >
      <TextField
        name="name"
        label="Name"
        code
        autoFocus
        placeholder="eu-1"
        hint="Letters, digits, dots, underscores and hyphens. Never used again, also after it is revoked."
        rule={needed('name')}
      />
      <TextField
        name="pool"
        label="Pool"
        code
        hint="The tenants of this pool are all that the node ever learns of."
        rule={needed('pool')}
      />
    </FormDialog>
  )
}
