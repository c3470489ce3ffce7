import { expect, test } from 'vitest'
import { ApiError, explain } from '@/lib/problem'
import { take } from './client'

const answer = (status: number, error: unknown, headers = {}) =>
  Promise.resolve({ error, response: new Response(null, { status, headers }) })

async function refused(call: Parameters<typeof take>[0]): Promise<ApiError> {
  const error = await take(call).catch(error => error)
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

test('a problem keeps its code, its fields and its id', async () => {
  const errors = [{ field: 'slug', code: 'slug.shape', message: 'must be lower case' }]
  const problem = {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    code: 'invalid',
    detail: 'fields need correction',
    errors,
  }
  const error = await refused(answer(400, problem))
  expect(error.code).toBe('invalid')
  expect(error.fields).toEqual(errors)
  expect(explain(error).what).toBe('Fields need correction.')
})

test('an internal error shows the id to quote', async () => {
  const error = await refused(answer(500, { code: 'internal', detail: 'Something went wrong.', id: 'e-1' }))
  expect(explain(error)).toMatchObject({ id: 'e-1', todo: expect.stringContaining('operator') })
})

test('what is no problem+json is named by its status, with the id of the request', async () => {
  const error = await refused(answer(502, '<html>', { 'x-request-id': 'r-1' }))
  expect(error).toMatchObject({ code: 'unreadable', id: 'r-1' })
})

test('an API that does not answer', async () => {
  const error = await refused(Promise.reject(new TypeError('Failed to fetch')))
  expect(error).toMatchObject({ status: 0, code: 'unreachable' })
  expect(explain(error).title).toBe('No connection')
})

test('every status says what to do', () => {
  for (const status of [0, 400, 401, 403, 404, 409, 429, 500, 503]) {
    const { title, what, todo } = explain(new ApiError(status, { code: 'x', detail: 'y' }))
    expect(
      [title, what, todo].every(text => text.length > 0),
      String(status),
    ).toBe(true)
  }
})
