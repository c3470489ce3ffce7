import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useForm } from 'react-hook-form'
import { afterEach, expect, test } from 'vitest'
import { ApiError } from '@/lib/problem'
import { Form, TextField } from './form'
import { TokenField } from './token-field'

afterEach(cleanup)

const useNothing = () => ({ options: [], isPending: false })

function Sample({ refusal }: { refusal: ApiError }) {
  const form = useForm({ defaultValues: { slug: 'a', nested: { value: 'b' }, tags: [] } })
  return (
    <Form
      form={form}
      fieldOf={field => field.replace('outbound_auth', 'nested')}
      fieldOfCode={{ 'server.slug_taken': 'slug' }}
      onSubmit={() => Promise.reject(refusal)}
      actions={() => <button type="submit">Save</button>}
    >
      <TextField name="slug" label="Slug" />
      <TextField name="nested.value" label="Value" />
      <TokenField name="tags" label="Tags" none="None" add="Add a tag" useOptions={useNothing} />
    </Form>
  )
}

async function submitted(status: number, problem: ConstructorParameters<typeof ApiError>[1]) {
  render(<Sample refusal={new ApiError(status, problem)} />)
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
}

const error = (field: string) => ({ field, code: 'x', message: 'is not right' })

test('a refusal stands beside its field, under the name that the form has for it', async () => {
  await submitted(400, {
    code: 'invalid',
    detail: 'Some fields need correction.',
    errors: [error('outbound_auth.value')],
  })
  const field = await screen.findByLabelText('Value')
  expect(field.getAttribute('aria-invalid')).toBe('true')
  expect(document.activeElement).toBe(field)
  expect(screen.getByRole('alert').textContent).toBe('Is not right')
})

test('a refusal of a field that is not on the screen stands above the buttons', async () => {
  await submitted(400, {
    code: 'invalid',
    detail: 'Some fields need correction.',
    errors: [error('members')],
  })
  expect((await screen.findByRole('alert')).textContent).toContain('Members is not right.')
})

test('a refusal of no field is told in full, with its id', async () => {
  await submitted(500, { code: 'internal', detail: 'Something went wrong.', id: 'e-1' })
  expect((await screen.findByRole('alert')).textContent).toContain('Id: e-1')
})

test('a field without an input takes the focus, too', async () => {
  await submitted(400, {
    code: 'invalid',
    detail: 'Some fields need correction.',
    errors: [error('tags')],
  })
  expect(screen.getByText('Is not right')).toBeTruthy()
  expect(document.activeElement).toBe(screen.getByLabelText('Tags'))
})

test('a refusal that is about one field says what to do there', async () => {
  await submitted(409, { code: 'server.slug_taken', detail: 'this slug is in use' })
  expect(screen.getByRole('alert').textContent).toBe('This slug is in use. Choose another one.')
})
