// The clients' common tongue: operations come as JSON lines on standard input, answers and events leave as JSON lines.
import { createInterface } from 'node:readline'
import { createServer } from 'node:net'

export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** Runs one operation after the other until `close`. */
export async function serve(operations) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, op, ...input } = JSON.parse(line)
    try {
      say({ id, ok: true, value: (await operations[op](input)) ?? null })
    } catch (error) {
      say({ id, ok: false, error: `${error?.constructor?.name}: ${error?.message ?? error}` })
    }
    if (op === 'close') break
  }
  process.exit(0)
}

/** For clients that must be told where to listen for the browser. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => probe.once('listening', ready))
  const { port } = probe.address()
  await new Promise((closed) => probe.close(closed))
  return port
}

/** Reports the first authorization URL that a program prints. */
export function watchForAuthorization(stream) {
  let text = ''
  let told = false
  stream.setEncoding('utf8')
  stream.on('data', (chunk) => {
    text += chunk
    const url = text.match(/https?:\/\/\S+\/oauth\/authorize\?\S+(?=\s)/)?.[0]
    if (url && !told) {
      told = true
      say({ event: 'authorize', url })
    }
  })
  return () => text
}
