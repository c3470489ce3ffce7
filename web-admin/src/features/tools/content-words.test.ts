import { expect, test } from 'vitest'
import { fileOf, fileWords, isWebAddress } from './content-words'

test('files are named by what they are', () => {
  expect(fileWords('image/png')).toBe('A picture (PNG)')
  expect(fileWords('IMAGE/JPEG; q=1')).toBe('A picture (JPEG)')
  expect(fileWords('image/svg+xml')).toBe('A file (image/svg+xml)')
  expect(fileWords(undefined)).toBe('A file of an unnamed kind')
  expect(fileWords('constructor')).toBe('A file (constructor)')
})

test('their bytes are saved, and never as something that a browser would open', async () => {
  const file = fileOf('aGVs\nbG8=', 'text/html')
  expect(file?.name).toBe('answer.bin')
  expect(file?.blob.type).toBe('application/octet-stream')
  expect(await file?.blob.text()).toBe('hello')
  expect(fileOf('%%%', 'image/png')).toBeUndefined()
})

test('only addresses of the web are followed', () => {
  const check = (uri: string, expected: boolean) => expect(isWebAddress(uri), uri).toBe(expected)
  check('https://a.example/x', true)
  check('HTTP://a.example', true)
  check('javascript:alert(1)', false)
  check('data:text/html,x', false)
  check('file:///etc', false)
  check('https://', false)
})
