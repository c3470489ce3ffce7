import { cleanup, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { afterEach, expect, test } from 'vitest'
import { FormDialog } from '../form-dialog'
import { SecretDialog } from '../secret-dialog'

afterEach(cleanup)

/** A page with an empty list that has its own button, as soon as something is made no more. */
function Sample() {
  const [shown, show] = useState<'form' | 'secret'>()
  const [isEmpty, setEmpty] = useState(true)
  const form = useForm({ defaultValues: {} })
  const make = async () => {
    setEmpty(false)
    show('secret')
  }
  return (
    <main id="main" tabIndex={-1}>
      <button type="button" onClick={() => show('form')}>
        Create a key
      </button>
      {isEmpty && (
        <button type="button" onClick={() => show('form')}>
          Create a key
        </button>
      )}
      {isEmpty && (
        <button type="button" onClick={() => show('form')}>
          Begin
        </button>
      )}
      {shown === 'form' && (
        <FormDialog
          title="A key"
          form={form}
          action="Make it"
          onSubmit={make}
          onClose={() => show(undefined)}
        >
          {null}
        </FormDialog>
      )}
      {shown === 'secret' && (
        <SecretDialog title="The key" secret="s" what="key" warning="Once." onClose={() => show(undefined)} />
      )}
    </main>
  )
}

const named = (name: string) => screen.getByRole('button', { name })
const focused = (element: HTMLElement) => waitFor(() => expect(document.activeElement).toBe(element))

async function made(button: HTMLElement) {
  await userEvent.click(button)
  await userEvent.click(named('Make it'))
  await userEvent.click(await screen.findByRole('button', { name: 'I have stored it' }))
}

const first = () => screen.getAllByRole('button', { name: 'Create a key' })[0] as HTMLElement

test('the focus goes back past the dialog in between', async () => {
  render(<Sample />)
  await made(first())
  await focused(first())
})

test('to the button of the same words, where the one that was pressed is gone', async () => {
  render(<Sample />)
  await made(screen.getAllByRole('button', { name: 'Create a key' })[1] as HTMLElement)
  await focused(first())
})

test('else to the page', async () => {
  render(<Sample />)
  await made(named('Begin'))
  await focused(screen.getByRole('main'))
})

test('a form that is put away gives it back, too', async () => {
  render(<Sample />)
  await userEvent.click(named('Begin'))
  await userEvent.click(named('Cancel'))
  await focused(named('Begin'))
})
