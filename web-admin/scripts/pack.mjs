// Packs what the browser keeps for ever once, as small as it gets, so that the control plane only hands it out.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const assets = new URL('assets/', dist)
// Only the build itself reads it.
rmSync(new URL('.vite/', dist), { recursive: true, force: true })

for (const name of readdirSync(assets)) {
  if (!/\.(js|css|svg)$/.test(name)) continue
  const file = new URL(name, assets)
  const bytes = readFileSync(file)
  const packed = {
    br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    gz: gzipSync(bytes, { level: 9 }),
  }
  for (const [end, smaller] of Object.entries(packed)) {
    if (smaller.length < bytes.length) writeFileSync(`${file.pathname}.${end}`, smaller)
  }
}
