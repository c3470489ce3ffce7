import { expect, test } from 'vitest'
import { exchangeTitle, readable, wholeText } from './exchange-words'

test('JSON is indented, also within a stream of events', () => {
  const check = (body: string, expected: string) => expect(readable(body), body).toBe(expected)
  check('{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}')
  check('event: message\ndata: {"a":1}\n\n: ping\n', 'event: message\ndata: {\n  "a": 1\n}\n\n: ping\n')
  check('data: not json\n', 'data: not json\n')
  check('<html>', '<html>')
  check('', '')
  const long = `"${'x'.repeat(500_000)}"`
  check(long, long)
})

test('what an exchange is called', () => {
  const request = { method: 'POST', url: 'https://gw.example/a', headers: [], body: '' }
  const exchange = { name: 'tools/call', duration_ms: 3, request }
  expect(exchangeTitle(exchange)).toBe('tools/call, no answer')
  const response = { status: 200, headers: [], body: '', truncated: false }
  expect(exchangeTitle({ ...exchange, response })).toBe('tools/call, HTTP 200')
  expect(wholeText('HTTP 200', [{ name: 'a', value: 'b' }], '{}')).toBe('HTTP 200\na: b\n\n{}')
})
