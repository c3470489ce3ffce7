//! The only door to the API: the session cookie goes along by itself, the CSRF header by this file. Whatever goes wrong
//! comes out as an ApiError (lib/problem.ts puts it into words). No component fetches on its own.

import createClient from 'openapi-fetch'
import { ApiError } from '@/lib/problem'
import type { paths } from './schema.gen'
import type { Problem } from './types'

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin,
  credentials: 'same-origin',
  headers: { 'x-portway-csrf': '1' },
})

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** The body of a good answer; anything else is thrown as an ApiError. */
export async function take<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await call
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, { code: 'unreachable', detail: 'The control plane does not answer.' })
  }
  if (answer.response.ok) return answer.data as T
  throw errorOf(answer.response, answer.error)
}

/** Not everything on the way speaks problem+json: a proxy in between may answer with a page of its own. */
function errorOf(response: Response, body: unknown): ApiError {
  if (isProblem(body)) return new ApiError(response.status, body)
  const id = response.headers.get('x-request-id')
  const detail = `The answer was HTTP ${response.status}, and nothing that the console understands.`
  return new ApiError(response.status, { code: 'unreadable', detail, id })
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body
}
