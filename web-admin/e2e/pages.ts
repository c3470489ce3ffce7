//! Every page of the console, by the generated list of routes: one that is new is looked at without being named here.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROUTES = fileURLToPath(new URL('../src/route-tree.gen.ts', import.meta.url))
const WITHIN = '/$tenant/'

type Page = { name: string; path: string }

/** `ids`: what stands for the parameters of an address. */
export function everyPage(ids: Record<string, string>): Page[] {
  return routes().map(route => ({ name: nameOf(route), path: fill(route, ids) }))
}

/** Those that show a list, and so may show that there is nothing yet. */
export function everyList(): Page[] {
  const isList = (route: string) => !route.includes('$') && !route.endsWith('/new')
  return routes()
    .filter(isList)
    .map(route => ({ name: nameOf(route), path: route }))
}

/** Below the tenant's part. */
function routes(): string[] {
  const list = readFileSync(ROUTES, 'utf8').match(/interface FileRoutesByTo \{([^}]+)\}/)?.[1] ?? ''
  const all = [...list.matchAll(/'([^']+)':/g)].map(([, path]) => path ?? '')
  return all.filter(path => path.startsWith(WITHIN)).map(path => path.slice(WITHIN.length))
}

const nameOf = (route: string) => route.replaceAll(/[$/]+/g, '-')

const fill = (route: string, ids: Record<string, string>) =>
  route.replaceAll(/\$(\w+)/g, (_, name: string) => {
    const id = ids[name]
    if (id === undefined) throw new Error(`${route}: things.ts makes nothing for $${name}`)
    return id
  })
