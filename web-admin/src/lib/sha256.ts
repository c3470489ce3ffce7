//! SHA-256 (FIPS 180-4), at once and everywhere: the browser's own answers later, and only where the page is encrypted.
//! For names that are shown. Nothing secret comes here.

const ROUNDS = 64

/** The first digits of the roots of the first primes, as the standard makes its constants. */
function constants(): { start: number[]; rounds: number[] } {
  const primes: number[] = []
  for (let number = 2; primes.length < ROUNDS; number++)
    if (primes.every(prime => number % prime !== 0)) primes.push(number)
  const digits = (root: number) => ((root - Math.floor(root)) * 2 ** 32) >>> 0
  return {
    start: primes.slice(0, 8).map(prime => digits(Math.sqrt(prime))),
    rounds: primes.map(prime => digits(Math.cbrt(prime))),
  }
}

const { start, rounds } = constants()

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** In lower-case hexadecimal digits. */
export function sha256(text: string): string {
  const state = [...start]
  const blocks = padded(new TextEncoder().encode(text))
  for (let at = 0; at < blocks.byteLength; at += 64) mix(state, blocks, at)
  return state.map(word => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

function padded(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / 64) * 64
  const all = new Uint8Array(length)
  all.set(bytes)
  all[bytes.length] = 0x80
  const view = new DataView(all.buffer)
  view.setUint32(length - 8, Math.floor((bytes.length * 8) / 2 ** 32))
  view.setUint32(length - 4, bytes.length * 8)
  return view
}

function mix(state: number[], blocks: DataView, at: number) {
  const words = new Array<number>(ROUNDS)
  const word = (index: number) => words[index] ?? 0
  for (let i = 0; i < ROUNDS; i++) {
    if (i < 16) {
      words[i] = blocks.getUint32(at + i * 4)
      continue
    }
    const [near, far] = [word(i - 2), word(i - 15)]
    const s0 = rotated(far, 7) ^ rotated(far, 18) ^ (far >>> 3)
    const s1 = rotated(near, 17) ^ rotated(near, 19) ^ (near >>> 10)
    words[i] = (word(i - 16) + s0 + word(i - 7) + s1) | 0
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < ROUNDS; i++) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const chosen = (e & f) ^ (~e & g)
    const one = (h + s1 + chosen + (rounds[i] ?? 0) + word(i)) | 0
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    const most = (a & b) ^ (a & c) ^ (b & c)
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + s0 + most) | 0]
  }
  for (const [i, more] of [a, b, c, d, e, f, g, h].entries()) state[i] = ((state[i] ?? 0) + more) | 0
}
