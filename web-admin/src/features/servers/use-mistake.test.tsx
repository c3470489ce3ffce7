import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useForm, useFormContext } from 'react-hook-form'
import { afterEach, expect, test, vi } from 'vitest'
import { Form } from '@/components/form'
import { ApiError } from '@/lib/problem'
import { LiveMistakes, useMistake } from './use-mistake'

afterEach(cleanup)

const FIELD = 'members[1].offer.tools[0].exposed_as'

function Field() {
  const { setValue, clearErrors } = useFormContext()
  const edit = () => {
    setValue('members', [{ alias: 'b' }], { shouldDirty: true })
    clearErrors('members')
  }
  return (
    <>
      <p data-testid="mistake">{useMistake(FIELD) ?? 'none'}</p>
      <button type="button" onClick={edit}>
        Edit
      </button>
    </>
  )
}

function Sample({ onSubmit, live }: { onSubmit: () => Promise<unknown>; live?: string }) {
  const form = useForm({ defaultValues: { members: [{ alias: 'a' }] } })
  return (
    <Form form={form} onSubmit={onSubmit} actions={() => <button type="submit">Save</button>}>
      <LiveMistakes value={new Map(live ? [[FIELD, live]] : [])}>
        <Field />
      </LiveMistakes>
    </Form>
  )
}

const save = () => userEvent.click(screen.getByRole('button', { name: 'Save' }))
const said = () => screen.getByTestId('mistake').textContent

test('a refusal of the API stands at the thing that it names, until that is edited', async () => {
  const refused = new ApiError(422, {
    code: 'invalid',
    detail: 'Some fields need correction.',
    errors: [{ field: FIELD, code: 'members.collision', message: 'is the name again' }],
  })
  const onSubmit = vi.fn<() => Promise<unknown>>(() => Promise.reject(refused))
  render(<Sample onSubmit={onSubmit} />)
  await save()
  expect(said()).toBe('is the name again')
  await userEvent.click(screen.getByRole('button', { name: 'Edit' }))
  expect(said()).toBe('none')
  onSubmit.mockResolvedValueOnce(undefined)
  await save()
  expect(onSubmit).toHaveBeenCalledTimes(2)
  expect(onSubmit.mock.lastCall).toEqual([{ members: [{ alias: 'b' }] }])
})

test('what is seen beforehand needs no answer', () => {
  render(<Sample onSubmit={() => Promise.resolve()} live="could be another’s" />)
  expect(said()).toBe('could be another’s')
})
