// @vitest-environment node
import { readFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'

test('the types are those of the committed API document: `npm run types` rewrites them', async () => {
  const document = new URL('../../../control-plane/openapi.json', import.meta.url)
  const fresh = astToString(await openapiTS(document, { defaultNonNullable: false }))
  const committed = readFileSync(new URL('./schema.gen.ts', import.meta.url), 'utf8')
  // The command line puts a heading on top.
  expect(committed.slice(committed.indexOf('export interface paths'))).toBe(
    fresh.slice(fresh.indexOf('export interface paths')),
  )
})
