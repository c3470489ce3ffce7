//! An IDE: an official MCP SDK in a process of its own (tests/clients/ide.mjs), which finds its way from the URL alone:
//! discovery, registration, PKCE. It is told what to do by lines of JSON. The browser is the test's.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect, type Page } from '@playwright/test'

const PROGRAM = fileURLToPath(new URL('../../tests/clients/ide.mjs', import.meta.url))

type Answer = { id: number; ok: true; value: unknown } | { id: number; ok: false; error: string }
type Event = { event: string; url?: string }

type Tool = { name: string }
type Result = { isError?: boolean; content: { type: string; text?: string }[] }

export class Ide {
  private readonly waiting = new Map<number, (answer: Answer) => void>()
  private lastId = 0
  private opens: ((url: string) => void) | undefined

  private constructor(private readonly program: ChildProcessByStdio<Writable, Readable, null>) {
    const lines = createInterface({ input: program.stdout })
    lines.on('line', line => this.hear(JSON.parse(line)))
    lines.once('close', () => {
      for (const [id, settle] of this.waiting) settle({ id, ok: false, error: 'the IDE has ended' })
    })
  }

  /** An IDE that was given a URL, and nothing else. */
  static start(url: string): Ide {
    const program = spawn(process.execPath, [PROGRAM, 'legacy', url], { stdio: ['pipe', 'pipe', 'inherit'] })
    return new Ide(program)
  }

  /** Connects; `inBrowser` goes where the IDE sends its person. */
  async connect(inBrowser: (url: string) => Promise<void>) {
    const asked = new Promise<string>(opens => {
      this.opens = opens
    })
    const connected = this.run('connect')
    // The end of it counts, but not before the browser was opened.
    connected.catch(() => undefined)
    const early = connected.then(() => {
      throw new Error('it is in without having asked its person')
    })
    await inBrowser(await Promise.race([asked, early]))
    await connected
  }

  async tools(): Promise<string[]> {
    return ((await this.run('list')) as Tool[]).map(({ name }) => name)
  }

  /** What the tool said; a refusal is thrown. */
  async call(name: string, input: object = {}): Promise<string> {
    const { isError, content } = (await this.run('call', { name, arguments: input })) as Result
    const text = content.map(part => part.text ?? `(${part.type})`).join('\n')
    if (isError) throw new Error(text)
    return text
  }

  async close() {
    const ended = new Promise(done => this.program.once('exit', done))
    this.program.stdin.end(`${JSON.stringify({ id: 0, op: 'close' })}\n`)
    await ended
  }

  private async run(op: string, input: object = {}): Promise<unknown> {
    const id = ++this.lastId
    const answered = new Promise<Answer>(settle => this.waiting.set(id, settle))
    this.program.stdin.write(`${JSON.stringify({ id, op, ...input })}\n`)
    const answer = await answered
    this.waiting.delete(id)
    if (!answer.ok) throw new Error(answer.error)
    return answer.value
  }

  private hear(line: Answer | Event) {
    if ('event' in line) {
      if (line.event === 'authorize' && line.url) this.opens?.(line.url)
    } else this.waiting.get(line.id)?.(line)
  }
}

/** The person looks at who wants what, and approves. */
export async function approve(page: Page, server: string) {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    `Allow Portway test IDE (legacy) to use ${server}?`,
  )
  await page.getByRole('button', { name: 'Approve' }).click()
}

/** The last page goes back to the IDE by itself. */
export async function backInIde(page: Page) {
  await expect(page.getByText('You can close this tab.')).toBeVisible()
  expect(new URL(page.url()).pathname).toBe('/callback')
}
