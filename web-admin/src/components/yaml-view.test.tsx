import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useRef } from 'react'
import { useForm } from 'react-hook-form'
import { afterEach, expect, test, vi } from 'vitest'
import type { Format } from '@/lib/document/format'
import { ChangesDialog } from './changes-dialog'
import { YamlView } from './yaml-view'

afterEach(cleanup)

type Values = { name: string; key: string }

const format: Format<Values> = {
  write: async ({ name }) => ({ name }),
  read: async (root, reader, now) => ({ ...now, name: reader.map(root, '', ['name'])?.text('name') ?? '' }),
  typedSecrets: ({ key }) => (key ? ['the key'] : []),
}

type ViewProps = { onForm: (values?: Values) => void; onSubmit: (values: Values) => Promise<void> }

function View({ onForm, onSubmit }: ViewProps) {
  const form = useForm<Values>({ defaultValues: { name: 'GitHub', key: 'hunter2' } })
  const leave = useRef(() => {})
  return (
    <>
      <button type="button" onClick={() => leave.current()}>
        Form
      </button>
      <YamlView {...{ form, format, leave, onForm, onSubmit }} action="Register" isStored={false} />
    </>
  )
}

const type = (text: string) => fireEvent.change(screen.getByLabelText('YAML'), { target: { value: text } })

test('a document with a mistake is not taken: the line is named, and can be gone to', async () => {
  const [onForm, onSubmit] = [vi.fn(), vi.fn(async () => {})]
  render(<View {...{ onForm, onSubmit }} />)
  const area = await screen.findByLabelText<HTMLTextAreaElement>('YAML')
  expect(area.value).toBe('name: GitHub\n')
  type('# a note\nname: Git\ncolour: red\n')
  await userEvent.click(screen.getByRole('button', { name: 'Register' }))
  expect(await screen.findByRole('alert')).toHaveProperty(
    'textContent',
    expect.stringContaining('colour is unknown'),
  )
  await userEvent.click(screen.getByRole('button', { name: 'Line 3' }))
  expect(area.value.slice(area.selectionStart, area.selectionEnd)).toBe('colour: red')
  await userEvent.click(screen.getByRole('button', { name: 'Form' }))
  expect(onForm).not.toHaveBeenCalled()
  expect(onSubmit).not.toHaveBeenCalled()
})

test('a good document becomes the values, with what it cannot say', async () => {
  const [onForm, onSubmit] = [vi.fn(), vi.fn(async () => {})]
  render(<View {...{ onForm, onSubmit }} />)
  await screen.findByLabelText('YAML')
  type('name: Linear\n')
  await userEvent.click(screen.getByRole('button', { name: 'Register' }))
  await waitFor(() => expect(onSubmit).toHaveBeenCalledWith({ name: 'Linear', key: 'hunter2' }))
  await userEvent.click(screen.getByRole('button', { name: 'Form' }))
  await waitFor(() => expect(onForm).toHaveBeenCalledWith({ name: 'Linear', key: 'hunter2' }))
})

function Changes({ after, onSubmit }: { after: Values; onSubmit: () => Promise<void> }) {
  const form = useForm<Values>({ defaultValues: after })
  const before = { name: 'GitHub', key: '' }
  return <ChangesDialog {...{ form, format, before, after, onSubmit }} action="Save" onClose={() => {}} />
}

test('what changes is seen before it does', async () => {
  const onSubmit = vi.fn(async () => {})
  render(<Changes after={{ name: 'Linear', key: 'hunter2' }} onSubmit={onSubmit} />)
  expect(await screen.findByText('Linear')).toBeTruthy()
  const dialog = screen.getByRole('dialog')
  expect(dialog.textContent).toContain('Stored anew, and not shown: the key.')
  expect(dialog.textContent).not.toContain('hunter2')
  expect(onSubmit).not.toHaveBeenCalled()
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(onSubmit).toHaveBeenCalledOnce())
})

test('nothing is saved where nothing changes', async () => {
  render(<Changes after={{ name: 'GitHub', key: '' }} onSubmit={async () => {}} />)
  expect(await screen.findByText('Nothing: it is as it was.')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Save' })).toHaveProperty('disabled', true)
})
