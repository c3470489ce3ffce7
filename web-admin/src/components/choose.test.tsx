import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { ChooseDialog } from './choose'

afterEach(cleanup)

type Row = { id: string; name: string }
type Query = UseInfiniteQueryResult<InfiniteData<{ items: Row[] }>>

const rows: Row[] = [
  { id: 'a', name: 'Sales' },
  { id: 'b', name: 'Engineering' },
  { id: 'c', name: 'Everyone' },
]
const useRows = () => ({ isSuccess: true, data: { pages: [{ items: rows }] } }) as unknown as Query

test('what is in stays in, what is closed says why, and the rest is chosen', async () => {
  const onChoose = vi.fn(async () => {})
  const onClose = vi.fn()
  render(
    <ChooseDialog
      heading="Add to groups"
      noun="groups"
      useRows={useRows}
      rowId={row => row.id}
      title={row => row.name}
      note={() => '2 members'}
      isIn={row => row.id === 'b'}
      closed={row => (row.id === 'c' ? 'Comes from elsewhere' : undefined)}
      action="Add to"
      onChoose={onChoose}
      onClose={onClose}
    />,
  )
  const box = (name: RegExp) => screen.getByRole<HTMLInputElement>('checkbox', { name })
  expect(box(/Engineering/)).toMatchObject({ checked: true, disabled: true })
  expect(box(/Comes from elsewhere/)).toMatchObject({ checked: false, disabled: true })
  await userEvent.click(box(/Sales/))
  await userEvent.click(screen.getByRole('button', { name: 'Add to 1' }))
  expect(onChoose).toHaveBeenCalledWith(['a'])
  expect(onClose).toHaveBeenCalledOnce()
})
