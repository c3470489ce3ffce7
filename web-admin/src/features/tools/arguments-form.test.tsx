import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { ArgumentsForm } from './arguments-form'
import { formOf } from './schema-form'

afterEach(cleanup)

function show(schema: unknown) {
  const onRun = vi.fn()
  const form = formOf(schema)
  render(<ArgumentsForm form={form} action="Run" isRunning={false} onRun={onRun} onCancel={() => {}} />)
  return onRun
}

const run = () => userEvent.click(screen.getByRole('button', { name: 'Run' }))

test('nothing is sent while something is wrong, and it is said where', async () => {
  const onRun = show({ type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] })
  expect(screen.queryByRole('alert')).toBeNull()
  await run()
  expect(screen.getByRole('alert').textContent).toMatch(/required/)
  await userEvent.type(screen.getByLabelText('n'), '1.5')
  expect(screen.getByRole('alert').textContent).toMatch(/whole/)
  expect(onRun).not.toHaveBeenCalled()
  await userEvent.type(screen.getByLabelText('n'), '{Backspace}{Backspace}{Control>}{Enter}{/Control}')
  expect(onRun).toHaveBeenCalledExactlyOnceWith({ n: 1 })
})

test('what is typed as JSON comes back into the form, unless the form would lose some of it', async () => {
  const onRun = show({ type: 'object', properties: { a: { type: 'string' } } })
  await userEvent.click(screen.getByRole('button', { name: 'Edit as JSON' }))
  const json = screen.getByLabelText('Arguments as JSON')
  await userEvent.clear(json)
  await userEvent.type(json, '{{"a":"x","b":1}')
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Edit as a form' }).disabled).toBe(true)
  await run()
  expect(onRun).toHaveBeenLastCalledWith({ a: 'x', b: 1 })
  await userEvent.clear(json)
  await userEvent.type(json, '{{"a":"x"}')
  await userEvent.click(screen.getByRole('button', { name: 'Edit as a form' }))
  expect(screen.getByLabelText<HTMLTextAreaElement>('a (optional)').value).toBe('x')
})

test('a schema that is no form is an editor, and JSON that is no object is not sent', async () => {
  const onRun = show(true)
  const json = screen.getByLabelText('Arguments as JSON')
  await userEvent.clear(json)
  await userEvent.type(json, '[[1]')
  await run()
  expect(screen.getByRole('alert').textContent).toMatch(/object/)
  expect(onRun).not.toHaveBeenCalled()
})
