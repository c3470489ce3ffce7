//! How Identity names what the API has by codes.

import type { Domain, Provisioning, ScimRequest, Trial } from '@/api/types'
import type { Kind } from './provider-values'

type Preset = {
  label: string
  hint: string
  name: string
  address?: { label: string; placeholder: string; hint: string }
}

/** What people call their provider, and what Portway needs to know of it. */
export const PRESETS: Record<Kind, Preset> = {
  okta: {
    label: 'Okta',
    hint: 'The org, or one of its authorization servers.',
    name: 'Okta',
    address: {
      label: 'Okta address',
      placeholder: 'acme.okta.com',
      hint: 'Without “-admin”. Add the path for a custom authorization server: acme.okta.com/oauth2/default.',
    },
  },
  entra: {
    label: 'Microsoft Entra ID',
    hint: 'One directory.',
    name: 'Microsoft',
    address: {
      label: 'Directory (tenant) id',
      placeholder: '00000000-0000-0000-0000-000000000000',
      hint: 'On the overview page of the directory, or of the app registration.',
    },
  },
  entra_many: {
    label: 'Entra ID, several directories',
    hint: 'A multi-tenant application; only the directories that you list get in.',
    name: 'Microsoft',
  },
  google: { label: 'Google Workspace', hint: 'People choose their Google account.', name: 'Google' },
  other: {
    label: 'Another provider',
    hint: 'Whatever speaks OpenID Connect: Keycloak, Auth0, Ping, JumpCloud…',
    name: '',
    address: {
      label: 'Issuer',
      placeholder: 'https://login.example.com',
      hint: 'Letter by letter as in its discovery document, a slash at the end included.',
    },
  },
}

export const MODES: Record<Provisioning, { label: string; hint: string }> = {
  invitation: {
    label: 'By invitation',
    hint: 'Somebody new gets in with the link of an invitation, and not otherwise.',
  },
  jit: {
    label: 'At the first sign-in',
    hint: 'Whoever signs in by your provider with an address in a verified domain gets an account.',
  },
  scim: {
    label: 'By SCIM',
    hint: 'Only people that your identity provider pushed get in.',
  },
}

export const DOMAIN_WORDS: Record<
  Domain['status'],
  { label: string; tone: 'good' | 'warning' | 'alert'; what: string }
> = {
  pending: {
    label: 'Not verified',
    tone: 'warning',
    what: 'Publish this record with whoever runs your DNS, then check. It may take an hour to be seen.',
  },
  verified: {
    label: 'Verified',
    tone: 'good',
    what: 'The record is looked for again every day: leave it there.',
  },
  failing: {
    label: 'Record gone',
    tone: 'alert',
    what: 'The record was there, and is not any more. The domain counts as verified for a few days: put it back.',
  },
}

export const STEP_WORDS: Record<string, string> = {
  discovery: 'Discovery document',
  keys: 'Signing keys',
  client: 'Client id and secret',
}

/** One sentence over the steps of a trial. */
export function verdict({ passed, steps }: Pick<Trial, 'passed' | 'steps'>): string {
  if (passed) return 'Everything that can be told without a sign-in is right.'
  return steps.some(step => step.outcome === 'failed')
    ? 'Something is to be corrected.'
    : 'Nothing is wrong as far as can be told; a sign-in tells the rest.'
}

/** How the answer to an identity provider looks in a list. */
export function answerTone({ status }: Pick<ScimRequest, 'status'>): 'good' | 'warning' | 'alert' {
  if (status < 300) return 'good'
  // "No such user" is how identity providers ask whether to create one.
  return status === 404 ? 'warning' : 'alert'
}
