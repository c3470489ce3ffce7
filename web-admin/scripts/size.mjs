// What a browser loads before the first page shows: prints it, and fails when it is too much.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BYTES_MAX = 200 * 1024
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

/** A chunk with everything it imports at once. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen
  seen.add(name)
  for (const next of manifest[name].imports ?? []) closure(next, seen)
  return seen
}

const gzipped = file => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
// The first page: the shell, and the list of servers with its route.
const first = name => manifest[name].isEntry || /routes\/\$tenant(\/servers\/index)?\.tsx/.test(name)
const chunks = new Set(
  Object.keys(manifest)
    .filter(first)
    .flatMap(name => [...closure(name)]),
)
const script = [...chunks].reduce((sum, name) => sum + gzipped(manifest[name].file), 0)
const styles = new Set([...chunks].flatMap(name => manifest[name].css ?? []))
const style = [...styles].reduce((sum, file) => sum + gzipped(file), 0)

const kb = bytes => `${(bytes / 1024).toFixed(1)} KB`
console.log(
  `First page: ${kb(script)} of JavaScript and ${kb(style)} of CSS, gzipped, in ${chunks.size} chunks (at most ${kb(BYTES_MAX)} of JavaScript).`,
)
if (script > BYTES_MAX) {
  console.error('Too much: split by route, or find what pulled a library into the first page.')
  process.exit(1)
}
