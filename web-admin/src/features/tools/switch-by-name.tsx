import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { Form, SelectField, TextField } from '@/components/form'
import { Button } from '@/components/ui/button'
import { Dialog } from '@/components/ui/dialog'
import type { May } from '@/lib/can'

type Values = { name: string; state: 'off' | 'on' }

type SwitchByNameProps = { may: May; onSwitch: (name: string, on: boolean) => Promise<unknown> }

/** For a tool that nobody has called yet: it has to be named. */
export function SwitchByName({ may, onSwitch }: SwitchByNameProps) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button may={may} onClick={() => setOpen(true)}>
        Switch by name…
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Switch a tool by its name"
        description="As the server itself calls it, letter by letter."
      >
        <NameForm onSwitch={onSwitch} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function NameForm({
  onSwitch,
  onDone,
}: {
  onSwitch: (name: string, on: boolean) => Promise<unknown>
  onDone: () => void
}) {
  const form = useForm<Values>({ defaultValues: { name: '', state: 'off' } })
  return (
    <Form
      form={form}
      // The API names the list that the tool was sent in.
      fieldOf={() => 'name'}
      onSubmit={async ({ name, state }) => {
        await onSwitch(name.trim(), state === 'on')
        onDone()
      }}
      actions={({ busy }) => (
        <Button type="submit" kind="primary" busy={busy}>
          Switch
        </Button>
      )}
    >
      <TextField
        name="name"
        label="Tool"
        placeholder="delete_repository"
        code
        rule={text => (text.trim() === '' ? 'Type its name' : undefined)}
      />
      <SelectField
        name="state"
        label="Shall be"
        options={[
          { value: 'off', label: 'Off' },
          { value: 'on', label: 'On' },
        ]}
      />
    </Form>
  )
}
