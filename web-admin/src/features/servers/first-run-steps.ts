//! The way to a server that works, and how far somebody has come. Pure.

export type Known = {
  /** Is anything registered? */
  hasServer: boolean
  /** Does anybody else have access? */
  isShared: boolean
  /** Has somebody’s client connected, or called? */
  isConnected: boolean
}

export type Step = { id: 'register' | 'share' | 'connect'; title: string; text: string; isDone: boolean }

export function firstSteps({ hasServer, isShared, isConnected }: Known): Step[] {
  return [
    {
      id: 'register',
      title: 'Register the first server',
      text: 'Paste the URL of an MCP server, or start from one that is known. Your people get a URL of Portway’s for it.',
      isDone: hasServer,
    },
    {
      id: 'share',
      title: 'Give people access',
      text: 'One person, a group, or everyone. Until then only you can call it.',
      isDone: hasServer && isShared,
    },
    {
      id: 'connect',
      title: 'Add it to your client',
      text: 'Paste one line into your IDE; the browser opens once, and you sign in with your company account.',
      isDone: isConnected,
    },
  ]
}

/** How long a server is news. */
const NEW_MS = 86_400_000

/** Whether somebody is still told that all is done: a server that is in daily use needs no praise. */
export const isNew = (createdAt: string, now: number): boolean => now - Date.parse(createdAt) < NEW_MS

/** The one to do now. */
export const nextStep = (steps: readonly Step[]): Step | undefined => steps.find(({ isDone }) => !isDone)

/** Calls by this console are no client of anybody’s. */
export const isClient = (name: string | null | undefined): boolean =>
  typeof name === 'string' && !/^portway/i.test(name)
