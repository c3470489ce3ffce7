//! How somebody stands with a server that wants an account of their own.

import type { Account } from '@/api/types'

type Words = {
  label: string
  tone: 'good' | 'warning'
  /** To the person themselves; nothing where nothing is to be done. */
  todo: string
  /** About somebody else. */
  theirs: string
  action: string
}

export const ACCOUNT_WORDS: Record<Account['state'], Words> = {
  ready: { label: 'Connected', tone: 'good', todo: '', theirs: '', action: 'Reconnect' },
  never_connected: {
    label: 'Not connected',
    tone: 'warning',
    todo: 'Calls are refused until you connect.',
    theirs: 'Their calls are refused until they connect.',
    action: 'Connect',
  },
  origin_changed: {
    label: 'The server has moved',
    tone: 'warning',
    todo: 'What you gave it was for its old address. Connect again if you trust the new one.',
    theirs: 'What is stored is for the old address, and stays there: they connect again.',
    action: 'Reconnect',
  },
  form_changed: {
    label: 'Asks for something else',
    tone: 'warning',
    todo: 'The server wants something else than what you gave it.',
    theirs: 'The server asks for something else by now: they connect again.',
    action: 'Reconnect',
  },
  expired: {
    label: 'Expired',
    tone: 'warning',
    todo: 'Your approval at the provider has ended.',
    theirs: 'The provider does not renew it any more: they connect again.',
    action: 'Reconnect',
  },
}
