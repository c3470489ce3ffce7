//! How one stands with a server that wants an account of one's own.

import type { Account } from '@/api/types'

type Words = { label: string; tone: 'good' | 'warning'; todo: string; action: string }

export const ACCOUNT_WORDS: Record<Account['state'], Words> = {
  ready: { label: 'Connected', tone: 'good', todo: '', action: 'Reconnect' },
  never_connected: {
    label: 'Not connected',
    tone: 'warning',
    todo: 'Calls are refused until you connect your account.',
    action: 'Connect',
  },
  origin_changed: {
    label: 'The server has moved',
    tone: 'warning',
    todo: 'What you gave it was for its old address. Connect again if you trust the new one.',
    action: 'Reconnect',
  },
  form_changed: {
    label: 'Asks for something else',
    tone: 'warning',
    todo: 'The server wants something else than what you gave it.',
    action: 'Reconnect',
  },
  expired: {
    label: 'Expired',
    tone: 'warning',
    todo: 'Your approval at the provider has ended.',
    action: 'Reconnect',
  },
}
