//! Starting and ending other programs.

import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

export async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  const ports = []
  for (const probe of probes) {
    if (!probe.listening) await new Promise(done => probe.once('listening', done))
    const address = probe.address()
    if (address !== null && typeof address === 'object') ports.push(address.port)
  }
  await Promise.all(probes.map(probe => new Promise(done => probe.close(done))))
  return ports
}

/** The first line that a program prints; an error if it ends without one. */
export async function firstLine(program: ChildProcess): Promise<string> {
  if (program.stdout === null) throw new Error('its output is not ours to read')
  for await (const line of createInterface({ input: program.stdout })) return line
  throw new Error(`${program.spawnfile} ended before it said anything`)
}

/** Asks programs to stop, and waits until they have. */
export async function end(programs: ChildProcess[]) {
  await Promise.all(programs.map(endOne))
}

async function endOne(program: ChildProcess) {
  if (program.exitCode !== null || program.signalCode !== null) return
  const ended = new Promise(done => program.once('exit', done))
  program.kill('SIGTERM')
  await ended
}
