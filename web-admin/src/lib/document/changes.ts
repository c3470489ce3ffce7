//! What differs between two documents: member by member, and line by line. Pure.

export type Change = { field: string; before: string | undefined; after: string | undefined }

/** Every member that differs, by its path; `undefined` where it is absent. Items of lists go by their names. */
export function changesOf(before: unknown, after: unknown, field = ''): Change[] {
  if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap(key => changesOf(before[key], after[key], field === '' ? key : `${field}.${key}`))
  }
  const [old, fresh] = [byName(before), byName(after)]
  if (old && fresh) {
    const names = [...new Set([...old.keys(), ...fresh.keys()])]
    const changes = names.flatMap(name => changesOf(old.get(name), fresh.get(name), `${field}[${name}]`))
    return [...changes, ...moved(old, fresh, field)]
  }
  const [from, to] = [words(before), words(after)]
  return from === to ? [] : [{ field, before: from, after: to }]
}

/** The items of a list by what they are called, if each of them is called something else. */
function byName(list: unknown): Map<string, unknown> | undefined {
  if (!Array.isArray(list)) return undefined
  const items = new Map(list.map((item: unknown) => [nameOf(item), item]))
  items.delete(undefined)
  return items.size === list.length ? (items as Map<string, unknown>) : undefined
}

function nameOf(item: unknown): string | undefined {
  const name = isMap(item) ? (item.server ?? item.name) : item
  return typeof name === 'string' ? name : undefined
}

/** What is in both lists, where that is in another order. */
function moved(before: Map<string, unknown>, after: Map<string, unknown>, field: string): Change[] {
  const was = [...before.keys()].filter(name => after.has(name)).join(', ')
  const is = [...after.keys()].filter(name => before.has(name)).join(', ')
  return was === is ? [] : [{ field: `${field}, in order`, before: was, after: is }]
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const words = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)

/** `gap`: lines that are the same, left out. */
export type Line = { sign: '+' | '-' | ' ' | 'gap'; text: string }

const CONTEXT = 2

/** One text turned into another: what goes, what comes, and a little of what stays around it. */
export function lineDiff(before: string, after: string): Line[] {
  const lines = allLines(before.trimEnd().split('\n'), after.trimEnd().split('\n'))
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== ' '),
  )
  return lines.flatMap((line, at): Line[] => {
    if (isNear[at]) return [line]
    const isFirstLeftOut = at === 0 || isNear[at - 1]
    return isFirstLeftOut ? [{ sign: 'gap', text: '' }] : []
  })
}

/** By the longest common subsequence: documents are short. */
function allLines(before: readonly string[], after: readonly string[]): Line[] {
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  const at = (i: number, j: number) => common[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i--) {
    const row = common[i] ?? []
    for (let j = after.length - 1; j >= 0; j--)
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]]
    if (old !== undefined && old === fresh) {
      lines.push({ sign: ' ', text: old })
      i++
      j++
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', text: old })
      i++
    } else {
      lines.push({ sign: '+', text: fresh ?? '' })
      j++
    }
  }
  return lines
}
