//! What can go wrong between the console and the API, and the one place that puts it into words.

import type { FieldError, Problem } from '@/api/types'

/** A refusal by the API, or an API that did not answer. */
export class ApiError extends Error {
  /** 0 if nothing answered. */
  readonly status: number
  /** Stable, such as `server.slug_taken`. */
  readonly code: string
  /** The fields to correct. */
  readonly fields: readonly FieldError[]
  /** The operator's log has the cause under it. */
  readonly id: string | undefined

  constructor(status: number, problem: Pick<Problem, 'code' | 'detail'> & Partial<Problem>) {
    super(problem.detail)
    this.name = 'ApiError'
    this.status = status
    this.code = problem.code
    this.fields = problem.errors ?? []
    this.id = problem.id ?? undefined
  }
}

/** What a person reads about an error: what happened, and what to do about it. */
export type Explained = { title: string; what: string; todo: string; id: string | undefined }

/** The one place that turns errors into words. */
export function explain(error: unknown): Explained {
  if (!(error instanceof ApiError)) {
    const what = error instanceof Error ? error.message : String(error)
    const todo =
      'Reload the page. If it happens again, tell your operator what you did and what is written here.'
    return { title: 'The console made a mistake', what, todo, id: undefined }
  }
  const { title, todo } = advice(error)
  return { title, what: sentence(error.message), todo, id: error.id }
}

function advice({ status, code }: ApiError): { title: string; todo: string } {
  if (status === 0) {
    return {
      title: 'No connection',
      todo: 'Look at your network, or wait: it may be restarting. Then try again.',
    }
  }
  if (status === 401)
    return { title: 'You are signed out', todo: 'Sign in again: you come back to this page.' }
  if (code === 'csrf')
    return { title: 'Refused', todo: 'Open the console under its own address, and try again.' }
  if (status === 403)
    return { title: 'You may not do this', todo: 'Ask an administrator of your organisation.' }
  if (status === 404) {
    return {
      title: 'Not here',
      todo: 'It was removed, or it is not shared with you. Ask whoever gave you the link.',
    }
  }
  if (status === 409) return { title: 'That does not fit', todo: 'Change what is named, and try again.' }
  if (status === 429) return { title: 'Too many requests', todo: 'Wait a moment, and try again.' }
  if (status >= 500) {
    return {
      title: 'Something went wrong on our side',
      todo: 'Try again. If it stays, give the id to your operator.',
    }
  }
  return { title: 'That was refused', todo: 'Correct what is named, and try again.' }
}

/** Of refusals that are about one field: what to do there. */
const AT_FIELD: Record<string, string> = {
  'invitation.user_exists': 'Nobody has to be invited twice: their role is changed under People.',
  'operator.refused': 'Make another one with the command below.',
  'tenant.node_too_old': 'Until then, leave it empty.',
}

/** What is wrong with a field, and what to do about it. */
export function atField({ code, message }: ApiError): string {
  const todo = code.endsWith('_taken') ? 'Choose another one.' : AT_FIELD[code]
  return todo === undefined ? message : `${sentence(message)} ${todo}`
}

function sentence(text: string): string {
  const trimmed = text.trim()
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`
}
