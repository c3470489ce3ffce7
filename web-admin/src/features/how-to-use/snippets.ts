//! What to paste where: every client that people use, in exactly the form that it reads. Pure: a name and a URL in, texts
//! and links out. No snippet holds a secret: keys come from the environment wherever the client can read them there, and
//! are a placeholder where it cannot.

import type { ClientId } from './client-ids'

/** The environment variable that snippets read a key from. */
export const KEY_VARIABLE = 'PORTWAY_API_KEY'
const FORWARD_HEADER = 'x-portway-mcp-headers'

/** One way to add a server, or one step of it. */
export type Way =
  | { kind: 'link'; label: string; href: string }
  | {
      kind: 'text'
      title: string
      format: 'shell' | 'json' | 'toml' | 'python' | 'typescript'
      text: string
      note?: string
    }
  | { kind: 'prose'; title: string; text: string }

export type Client = {
  id: ClientId
  name: string
  /** Any of them adds the server. */
  add: Way[]
  /** What follows, where the client does not ask by itself. */
  signIn: Way[]
}

export type Wish = {
  /** The server's slug: what it is called in the client. */
  name: string
  url: string
  /** With an API key instead of a sign-in in the browser. */
  withKey: boolean
  /** Headers for the server itself go along. */
  withForwarding: boolean
}

const json = (value: unknown) => JSON.stringify(value, null, 2)
const shell = (text: string, title = 'In a terminal', note?: string): Way => ({
  kind: 'text',
  format: 'shell',
  title,
  text,
  note,
})
const file = (path: string, value: unknown, note?: string): Way => ({
  kind: 'text',
  format: 'json',
  title: path,
  text: json(value),
  note,
})

/** The value of the header that carries headers for the server. */
export const forwardedValue = (name: string) =>
  JSON.stringify({ [name]: { Authorization: 'Bearer <token for the server>' } })

/** Headers of a configuration; `key` is how that client reads the key. None is no member at all. */
function headersOf(
  { name, withKey, withForwarding }: Wish,
  key: string,
): { headers?: Record<string, string> } {
  const headers = {
    ...(withKey && { Authorization: `Bearer ${key}` }),
    ...(withForwarding && { [FORWARD_HEADER]: forwardedValue(name) }),
  }
  return Object.keys(headers).length > 0 ? { headers } : {}
}

/** `--header` arguments, quoted for a POSIX shell; the key is expanded by the shell. */
function headerArguments({ name, withKey, withForwarding }: Wish, option = '--header'): string {
  const key = withKey ? ` ${option} "Authorization: Bearer $${KEY_VARIABLE}"` : ''
  return withForwarding ? `${key} ${option} '${FORWARD_HEADER}: ${forwardedValue(name)}'` : key
}

/** The bytes of a text in base64, as `btoa` alone cannot for all of Unicode. */
const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/** How each client is told about the server. */
export function clients(wish: Wish): Client[] {
  return [
    claudeCode(wish),
    cursor(wish),
    vscode(wish),
    codex(wish),
    gemini(wish),
    opencode(wish),
    windsurf(wish),
    zed(wish),
    jetbrains(wish),
    claudeDesktop(wish),
    mcpRemote(wish),
    inspector(wish),
    python(wish),
    typescript(wish),
  ]
}

function claudeCode(wish: Wish): Client {
  const { name, url, withKey } = wish
  const server = { type: 'http', url, ...headersOf(wish, `\${${KEY_VARIABLE}}`) }
  return {
    id: 'claude-code',
    name: 'Claude Code',
    add: [
      shell(
        `claude mcp add --transport http ${name} ${url}${headerArguments(wish)}`,
        undefined,
        '--scope user adds it for all your projects, --scope project for everybody in this one.',
      ),
      file('.mcp.json', { mcpServers: { [name]: server } }, 'In the project, for everybody who works on it.'),
    ],
    signIn: withKey
      ? []
      : [shell(`claude mcp login ${name}`, undefined, 'Or type /mcp in Claude Code, and choose it.')],
  }
}

function cursor(wish: Wish): Client {
  const { name, url } = wish
  const server = { url, ...headersOf(wish, `\${env:${KEY_VARIABLE}}`) }
  const query = `name=${encodeURIComponent(name)}&config=${encodeURIComponent(base64(JSON.stringify(server)))}`
  return {
    id: 'cursor',
    name: 'Cursor',
    add: [
      {
        kind: 'link',
        label: 'Add to Cursor',
        href: `cursor://anysphere.cursor-deeplink/mcp/install?${query}`,
      },
      { kind: 'link', label: 'Through cursor.com', href: `https://cursor.com/en/install-mcp?${query}` },
      file('~/.cursor/mcp.json', { mcpServers: { [name]: server } }, 'Or .cursor/mcp.json in a project.'),
    ],
    signIn: wish.withKey
      ? []
      : [
          {
            kind: 'prose',
            title: 'Sign in',
            text: 'Cursor shows “Needs authentication” beside the server: choose Connect.',
          },
        ],
  }
}

function vscode(wish: Wish): Client {
  const { name, url, withKey } = wish
  const server = { type: 'http', url, ...headersOf(wish, '${input:portway-key}') }
  const inputs = withKey
    ? [{ type: 'promptString', id: 'portway-key', description: 'API key of Portway', password: true }]
    : []
  const config = encodeURIComponent(JSON.stringify({ name, ...server }))
  const links: Way[] = [
    { kind: 'link', label: 'Add to VS Code', href: `vscode:mcp/install?${config}` },
    { kind: 'link', label: 'VS Code Insiders', href: `vscode-insiders:mcp/install?${config}` },
    shell(`code --add-mcp ${quoted(JSON.stringify({ name, ...server }))}`),
  ]
  return {
    id: 'vscode',
    name: 'VS Code',
    add: [
      // A link cannot carry the question for the key.
      ...(withKey ? [] : links),
      file(
        '.vscode/mcp.json',
        { servers: { [name]: server }, inputs },
        withKey
          ? 'VS Code asks for the key once, and keeps it in its secret storage.'
          : 'In the project, for everybody who works on it.',
      ),
    ],
    signIn: withKey
      ? []
      : [
          {
            kind: 'prose',
            title: 'Sign in',
            text: 'VS Code asks to sign in when the server starts: choose Allow, and the browser opens.',
          },
        ],
  }
}

/** For a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

function codex(wish: Wish): Client {
  const { name, url, withKey, withForwarding } = wish
  const add = withKey
    ? `codex mcp add ${name} --url ${url} --bearer-token-env-var ${KEY_VARIABLE}`
    : `codex mcp add ${name} --url ${url}`
  const lines = [
    `[mcp_servers.${name}]`,
    `url = ${JSON.stringify(url)}`,
    ...(withKey ? [`bearer_token_env_var = "${KEY_VARIABLE}"`] : []),
    ...(withForwarding ? [`http_headers = { "${FORWARD_HEADER}" = '${forwardedValue(name)}' }`] : []),
  ]
  return {
    id: 'codex',
    name: 'Codex',
    add: [
      // Its command line takes no headers.
      ...(withForwarding ? [] : [shell(add)]),
      { kind: 'text', format: 'toml', title: '~/.codex/config.toml', text: lines.join('\n') },
    ],
    signIn: withKey ? [] : [shell(`codex mcp login ${name}`)],
  }
}

function gemini(wish: Wish): Client {
  const { name, url, withKey } = wish
  const server = { httpUrl: url, ...headersOf(wish, `$${KEY_VARIABLE}`) }
  return {
    id: 'gemini',
    name: 'Gemini CLI',
    add: [
      shell(`gemini mcp add --transport http ${name} ${url}${headerArguments(wish)}`),
      file('~/.gemini/settings.json', { mcpServers: { [name]: server } }),
    ],
    signIn: withKey
      ? []
      : [{ kind: 'prose', title: 'Sign in', text: `Type /mcp auth ${name} in Gemini CLI.` }],
  }
}

function opencode(wish: Wish): Client {
  const { name, url, withKey } = wish
  const server = { type: 'remote', url, ...headersOf(wish, `{env:${KEY_VARIABLE}}`) }
  return {
    id: 'opencode',
    name: 'opencode',
    add: [file('opencode.json', { mcp: { [name]: server } }, 'In the project, or in ~/.config/opencode/.')],
    signIn: withKey ? [] : [shell(`opencode mcp auth ${name}`)],
  }
}

const windsurf = (wish: Wish): Client => ({
  id: 'windsurf',
  name: 'Windsurf',
  add: [
    file('~/.codeium/windsurf/mcp_config.json', {
      mcpServers: { [wish.name]: { serverUrl: wish.url, ...headersOf(wish, `\${env:${KEY_VARIABLE}}`) } },
    }),
  ],
  signIn: [],
})

const zed = (wish: Wish): Client => ({
  id: 'zed',
  name: 'Zed',
  add: [
    file(
      'settings.json',
      { context_servers: { [wish.name]: { url: wish.url, ...headersOf(wish, PLACEHOLDER) } } },
      'Open it with “zed: open settings”.',
    ),
  ],
  signIn: wish.withKey
    ? []
    : [
        {
          kind: 'prose',
          title: 'Sign in',
          text: 'Zed asks in the Agent Panel’s settings, beside the server.',
        },
      ],
})

/** For clients that read nothing from the environment. */
const PLACEHOLDER = '<your API key>'

function jetbrains(wish: Wish): Client {
  const config = { mcpServers: { [wish.name]: { url: wish.url, ...headersOf(wish, PLACEHOLDER) } } }
  return {
    id: 'jetbrains',
    name: 'JetBrains',
    add: [
      file('Settings → Tools → AI Assistant → Model Context Protocol', config, 'Choose Add, then “As JSON”.'),
      file('~/.junie/mcp/mcp.json', config, 'For Junie.'),
    ],
    signIn: [],
  }
}

function claudeDesktop(wish: Wish): Client {
  const command = { command: 'npx', args: bridgeArguments(wish), ...bridgeEnvironment(wish) }
  const connector: Way = {
    kind: 'prose',
    title: 'As a connector',
    text: `Settings → Connectors → Add custom connector: name it ${wish.name}, and paste ${wish.url}. Portway must be reachable from the internet for that.`,
  }
  return {
    id: 'claude-desktop',
    name: 'Claude Desktop',
    add: [
      ...(wish.withKey || wish.withForwarding ? [] : [connector]),
      file(
        'claude_desktop_config.json',
        { mcpServers: { [wish.name]: command } },
        'Settings → Developer → Edit Config. It needs Node.',
      ),
    ],
    signIn: [],
  }
}

/** Of `npx`: the bridge for clients that speak stdio only. Values with spaces come from the environment, because some
 * clients split arguments at them. */
function bridgeArguments({ url, withKey, withForwarding }: Wish): string[] {
  return [
    '-y',
    'mcp-remote',
    url,
    // It refuses plain http otherwise.
    ...(url.startsWith('http:') ? ['--allow-http'] : []),
    ...(withKey ? ['--header', 'Authorization:${PORTWAY_AUTHORIZATION}'] : []),
    ...(withForwarding ? ['--header', `${FORWARD_HEADER}:\${PORTWAY_FORWARD}`] : []),
  ]
}

function bridgeEnvironment({ name, withKey, withForwarding }: Wish): { env?: Record<string, string> } {
  const env = {
    ...(withKey && { PORTWAY_AUTHORIZATION: `Bearer ${PLACEHOLDER}` }),
    ...(withForwarding && { PORTWAY_FORWARD: forwardedValue(name) }),
  }
  return Object.keys(env).length > 0 ? { env } : {}
}

function mcpRemote(wish: Wish): Client {
  const plain = bridgeArguments({ ...wish, withKey: false, withForwarding: false })
  return {
    id: 'mcp-remote',
    name: 'mcp-remote',
    add: [
      shell(
        `npx ${plain.join(' ')}${headerArguments(wish)}`,
        'As the command of any client that speaks stdio',
      ),
      file('In a configuration', {
        mcpServers: {
          [wish.name]: { command: 'npx', args: bridgeArguments(wish), ...bridgeEnvironment(wish) },
        },
      }),
    ],
    signIn: [],
  }
}

const inspector = (wish: Wish): Client => ({
  id: 'inspector',
  name: 'Inspector',
  add: [
    shell(
      'npx @modelcontextprotocol/inspector',
      'In the browser',
      `Choose “Streamable HTTP” and paste ${wish.url}.`,
    ),
    ...(wish.withKey
      ? [
          shell(
            `npx @modelcontextprotocol/inspector --cli ${wish.url} --transport http --method tools/list${headerArguments(wish)}`,
            'In a terminal',
          ),
        ]
      : []),
  ],
  signIn: [],
})

function python(wish: Wish): Client {
  const { url, name, withKey, withForwarding } = wish
  const transport = withForwarding
    ? [
        'transport = StreamableHttpTransport(',
        `    ${JSON.stringify(url)},`,
        `    headers={"${FORWARD_HEADER}": json.dumps({"${name}": {"Authorization": "Bearer <token for the server>"}})},`,
        withKey ? `    auth=os.environ["${KEY_VARIABLE}"],` : '    auth="oauth",',
        ')',
      ]
    : []
  const client = withForwarding
    ? 'Client(transport)'
    : `Client(${JSON.stringify(url)}, auth=${withKey ? `os.environ["${KEY_VARIABLE}"]` : '"oauth"'})`
  const lines = [
    'import asyncio',
    ...(withForwarding ? ['import json'] : []),
    ...(withKey ? ['import os'] : []),
    '',
    'from fastmcp import Client',
    ...(withForwarding
      ? ['from fastmcp.client.transports import StreamableHttpTransport', '', ...transport]
      : []),
    '',
    '',
    'async def main():',
    `    async with ${client} as client:`,
    '        for tool in await client.list_tools():',
    '            print(tool.name)',
    '',
    '',
    'asyncio.run(main())',
  ]
  return {
    id: 'python',
    name: 'Python',
    add: [
      shell('pip install fastmcp'),
      {
        kind: 'text',
        format: 'python',
        title: 'tools.py',
        text: lines.join('\n'),
        note: withKey ? undefined : 'The browser opens once, to sign in.',
      },
    ],
    signIn: [],
  }
}

function typescript(wish: Wish): Client {
  const { url, name, withForwarding } = wish
  const lines = [
    `import { Client } from '@modelcontextprotocol/sdk/client/index.js'`,
    `import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'`,
    '',
    'const headers = {',
    `  Authorization: \`Bearer \${process.env.${KEY_VARIABLE}}\`,`,
    ...(withForwarding
      ? [
          `  '${FORWARD_HEADER}': JSON.stringify({ '${name}': { Authorization: 'Bearer <token for the server>' } }),`,
        ]
      : []),
    '}',
    `const transport = new StreamableHTTPClientTransport(new URL('${url}'), { requestInit: { headers } })`,
    `const client = new Client({ name: 'my-program', version: '1.0.0' })`,
    'await client.connect(transport)',
    'for (const tool of (await client.listTools()).tools) console.log(tool.name)',
    'await client.close()',
  ]
  return {
    id: 'typescript',
    name: 'TypeScript',
    add: [
      shell('npm install @modelcontextprotocol/sdk'),
      {
        kind: 'text',
        format: 'typescript',
        title: 'tools.ts',
        text: lines.join('\n'),
        note: wish.withKey ? undefined : `A program signs in with an API key, from ${KEY_VARIABLE}.`,
      },
    ],
    signIn: [],
  }
}
