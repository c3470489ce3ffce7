import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { SecretDialog } from './secret-dialog'

afterEach(cleanup)

function open() {
  const onClose = vi.fn()
  render(
    <SecretDialog
      title="The key Pipeline"
      secret="pwk_secret"
      what="key"
      warning="Once."
      onClose={onClose}
    />,
  )
  return onClose
}

test('what is shown once is not closed by accident', async () => {
  const onClose = open()
  await userEvent.keyboard('{Escape}')
  expect(onClose).not.toHaveBeenCalled()
  expect(screen.getByText('pwk_secret')).toBeTruthy()
  await userEvent.click(screen.getByRole('button', { name: 'I have stored it' }))
  expect(onClose).toHaveBeenCalledOnce()
})

test('copying it says so', async () => {
  const user = userEvent.setup()
  open()
  await user.click(screen.getByRole('button', { name: 'Copy the key' }))
  expect(await navigator.clipboard.readText()).toBe('pwk_secret')
  expect(screen.getByRole('button', { name: 'Copied' })).toBeTruthy()
})
