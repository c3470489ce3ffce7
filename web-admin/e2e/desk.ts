//! A developer's desk: a home and a project of their own, the real command lines, and nothing else of this machine.

import { execFile, spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { newerNode, TESTS } from './parties'

const run = promisify(execFile)
const EDITORS = join(TESTS, 'editors/node_modules')
/** Its program alone: the package around it names platforms that not every registry has, and cannot be locked. */
const OPENCODE = join(EDITORS, 'opencode-linux-x64')
const PLATFORM = `${process.platform}-${process.arch}`
/** Programs that would wait for a person are ended. */
const TIMEOUT_MS = 60_000

/** Of this platform alone opencode is pinned: there it has to be installed. */
export const pinsOpencode = PLATFORM === 'linux-x64'

type Environment = Record<string, string>

export class Desk {
  private readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'portway-desk-')))
  readonly home = this.make('home')
  readonly project = this.make('project')

  /** `packages`: of which folder of tests/ the project uses what is installed. */
  constructor(packages?: 'clients' | 'conformance') {
    if (packages) symlinkSync(join(TESTS, packages, 'node_modules'), join(this.project, 'node_modules'))
  }

  /** Types a command in the project, as it stands in the console. Answers all that was printed. */
  async type(command: string, more: Environment = {}): Promise<string> {
    const { stdout, stderr } = await this.run(command, more)
    return stdout + stderr
  }

  /** The same with a command that answers in JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: each program's own
  async ask(command: string): Promise<any> {
    return JSON.parse((await this.run(command)).stdout)
  }

  private run(command: string, more: Environment = {}) {
    const options = { cwd: this.project, env: this.environment(more), timeout: TIMEOUT_MS }
    const running = run('bash', ['-c', command], options)
    running.child.stdin?.end()
    return running
  }

  /** Writes a file, named as the console names it: `~/` is at home, all else in the project. */
  write(name: string, text: string) {
    const path = this.place(name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  // biome-ignore lint/suspicious/noExplicitAny: each program's own
  json(name: string): any {
    return JSON.parse(readFileSync(this.place(name), 'utf8'))
  }

  /** A program of that name that only prints its arguments, one a line. */
  pretend(program: string) {
    const path = join(this.make('bin'), program)
    writeFileSync(path, '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 })
  }

  /** Starts an MCP server that speaks over standard input and output, and asks it for its tools. */
  async toolsOf(command: string, words: string[], more: Environment = {}): Promise<string[]> {
    const env = this.environment(more)
    const program = spawn(command, words, { cwd: this.project, env, stdio: ['pipe', 'pipe', 'ignore'] })
    const say = (message: object) =>
      program.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    const clientInfo = { name: 'portway-test-desk', version: '1.0.0' }
    say({
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
    })
    try {
      for await (const line of createInterface({ input: program.stdout })) {
        const { id, result } = JSON.parse(line)
        if (id === 1) {
          say({ method: 'notifications/initialized' })
          say({ id: 2, method: 'tools/list' })
        }
        if (id === 2) return result.tools.map((tool: { name: string }) => tool.name)
      }
      throw new Error(`${command} ended before it had told its tools`)
    } finally {
      program.kill()
    }
  }

  clear() {
    rmSync(this.folder, { recursive: true, force: true })
  }

  private place(name: string): string {
    return name.startsWith('~/') ? join(this.home, name.slice(2)) : join(this.project, name)
  }

  private make(name: string): string {
    const path = join(this.folder, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  private environment(more: Environment): Environment {
    const path = [
      join(this.folder, 'bin'),
      // Scripts of packages do not run when they are installed: this one would have linked its program then.
      join(EDITORS, `@anthropic-ai/claude-code-${PLATFORM}`),
      join(EDITORS, '.bin'),
      join(OPENCODE, 'bin'),
      join(TESTS, 'editors/.venv/bin'),
      dirname(newerNode()),
      '/usr/local/bin',
      '/usr/bin',
      '/bin',
    ]
    // Nothing is opened, updated or told to anybody.
    const quiet = { BROWSER: 'true', CI: '1', NO_COLOR: '1', DISABLE_AUTOUPDATER: '1' }
    return { HOME: this.home, PATH: path.join(delimiter), ...quiet, ...more }
  }
}
