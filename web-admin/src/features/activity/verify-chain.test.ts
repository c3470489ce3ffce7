import { expect, test } from 'vitest'
import { atTheStart, further } from './verify-chain'

test('stretches add up', () => {
  const first = further(atTheStart, {
    checked: 50_000,
    head_seq: 60_000,
    intact: true,
    flaws: [],
    flaws_total: 0,
    next_after: 50_000,
    place: '50000:aa',
  })
  expect([first.isDone, first.checked, first.place]).toEqual([false, 50_000, '50000:aa'])
  const flaw = { seq: 51_000, code: 'event.missing', message: 'is gone' }
  const last = further(first, {
    checked: 9_999,
    head_seq: 60_000,
    intact: false,
    flaws: [flaw],
    flaws_total: 1,
    place: '60000:bb',
  })
  expect(last).toEqual({
    checked: 59_999,
    head: 60_000,
    flaws: [flaw],
    flawsTotal: 1,
    place: '60000:bb',
    isDone: true,
  })
})
