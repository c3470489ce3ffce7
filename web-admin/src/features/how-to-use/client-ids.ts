/** The clients, in the order in which they are shown. Apart from their snippets, because the route reads it early. */
export const CLIENT_IDS = [
  'claude-code',
  'cursor',
  'vscode',
  'codex',
  'gemini',
  'opencode',
  'windsurf',
  'zed',
  'jetbrains',
  'claude-desktop',
  'mcp-remote',
  'inspector',
  'python',
  'typescript',
] as const
export type ClientId = (typeof CLIENT_IDS)[number]
