// @vitest-environment node
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { sha256 } from './sha256'

test('the examples of the standard', () => {
  const check = (text: string, expected: string) => expect(sha256(text)).toBe(expected)
  check('', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  check('abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('as the machine’s own, at every length around a block', () => {
  for (let length = 0; length < 200; length++) {
    const text = 'ä1_'.repeat(length).slice(0, length)
    expect(sha256(text), `${length}`).toBe(createHash('sha256').update(text).digest('hex'))
  }
})
