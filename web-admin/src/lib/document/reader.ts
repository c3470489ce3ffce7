//! Documents for `portway apply`, read as its own reader does (portway/src/apply/manifest.rs): what nobody knows is refused,
//! and every mistake has its line. Pure; knows no YAML.

export type Node = { line: number; value: Value }
type Value =
  /** `plain`: without quotes, so it may be a number, a truth value or nothing. */
  | { is: 'text'; text: string; plain: boolean }
  | { is: 'list'; items: readonly Node[] }
  | { is: 'map'; entries: readonly Entry[] }
export type Entry = { line: number; key: string; node: Node }

/** `field` is empty where it is about the document as a whole. */
export type Mistake = { line: number; field: string; message: string }

export const API_VERSION = 'portway/v1'

const isNothing = ({ value }: Node) =>
  value.is === 'text' && value.plain && ['', '~', 'null'].includes(value.text)

function kindOf(node: Node): string {
  if (isNothing(node)) return 'nothing'
  return { text: 'a value', list: 'a list', map: 'a mapping' }[node.value.is]
}

/** The line of what a path such as `members[2].alias` leads to within a node; of what is nearest to it where it is absent. */
export function lineAt(node: Node, path: string): number {
  const [, key, rest = ''] = /^\.?([^.[\]]+)(.*)$/.exec(path.replace(/\[(\d+)\]/g, '.$1')) ?? []
  if (key === undefined) return node.line
  const { value } = node
  const next =
    value.is === 'list'
      ? value.items[Number(key)]
      : value.is === 'map'
        ? value.entries.find(entry => entry.key === key)?.node
        : undefined
  return next ? lineAt(next, rest) : node.line
}

const joined = (within: string, key: string) => (within === '' ? key : `${within}.${key}`)

/** Notes mistakes; what has any is not to be used. */
export class Reader {
  readonly mistakes: Mistake[] = []

  wrong(line: number, field: string, message: string): undefined {
    this.mistakes.push({ line, field, message })
  }

  /** The name and the settings of a document of this kind. */
  head(root: Node, kind: string, nameKey: string, known: readonly string[]) {
    const top = this.map(root, '', ['apiVersion', 'kind', 'metadata', 'spec'])
    top?.exactly('apiVersion', API_VERSION)
    top?.exactly('kind', kind)
    const name = top?.map('metadata', [nameKey])?.text(nameKey)
    const spec = top?.map('spec', known)
    return spec && { name: name ?? '', spec }
  }

  /** Members of a mapping, after refusing those nobody knows. */
  map(node: Node, field: string, known: readonly string[]): Fields | undefined {
    const { value, line } = node
    if (value.is !== 'map')
      return this.wrong(line, field, `must be a mapping with ${known.join(', ')}, not ${kindOf(node)}`)
    for (const { key, line } of value.entries)
      if (!known.includes(key))
        this.wrong(line, joined(field, key), `is unknown; expected ${known.join(', ')}`)
    return new Fields(this, line, field, value.entries)
  }

  text(node: Node, field: string): string | undefined {
    const { value, line } = node
    if (value.is === 'text' && !isNothing(node)) return value.text
    return this.wrong(line, field, `must be text, not ${kindOf(node)}`)
  }

  list<T>(node: Node, field: string, read: (item: Node, field: string) => T | undefined): T[] {
    const { value, line } = node
    if (value.is !== 'list') {
      this.wrong(line, field, `must be a list, not ${kindOf(node)}`)
      return []
    }
    return value.items.map((item, at) => read(item, `${field}[${at}]`)).filter(one => one !== undefined)
  }
}

/** The members of one mapping. What is absent is `undefined`; what is wrong, too, and is noted. */
export class Fields {
  constructor(
    readonly reader: Reader,
    readonly line: number,
    readonly field: string,
    private readonly entries: readonly Entry[],
  ) {}

  find(key: string): Node | undefined {
    return this.entries.find(entry => entry.key === key)?.node
  }

  name(key: string): string {
    return joined(this.field, key)
  }

  /** Refuses a member, in words of one's own. */
  refuse(key: string, message: string): void {
    const node = this.find(key)
    if (node) this.reader.wrong(node.line, this.name(key), message)
  }

  /** Text that has to be there. */
  text(key: string): string | undefined {
    const node = this.needed(key)
    return node && this.reader.text(node, this.name(key))
  }

  optional(key: string): string | undefined {
    const node = this.find(key)
    return node && this.reader.text(node, this.name(key))
  }

  needed(key: string): Node | undefined {
    return this.find(key) ?? this.reader.wrong(this.line, this.name(key), 'is missing')
  }

  exactly(key: string, expected: string): void {
    const node = this.needed(key)
    if (node && !(node.value.is === 'text' && node.value.text === expected))
      this.reader.wrong(node.line, this.name(key), `must be ${expected}`)
  }

  truth(key: string): boolean | undefined {
    const node = this.find(key)
    if (!node) return undefined
    const { value } = node
    if (value.is === 'text' && value.plain && (value.text === 'true' || value.text === 'false'))
      return value.text === 'true'
    return this.reader.wrong(node.line, this.name(key), 'must be true or false')
  }

  /** A truth that is not changed here, and is true where nothing is said. */
  stays(key: string, value: boolean, why: string): void {
    if ((this.truth(key) ?? true) === value) return
    this.reader.wrong(this.find(key)?.line ?? this.line, this.name(key), `must be ${value}: ${why}`)
  }

  whole(key: string): number | undefined {
    const node = this.find(key)
    if (!node) return undefined
    const { value } = node
    if (value.is === 'text' && value.plain && /^\d{1,15}$/.test(value.text)) return Number(value.text)
    return this.reader.wrong(node.line, this.name(key), 'must be a whole number')
  }

  word<W extends string>(key: string, words: readonly W[]): W | undefined {
    const node = this.find(key)
    return node && oneOf(this.reader, node, this.name(key), words)
  }

  map(key: string, known: readonly string[]): Fields | undefined {
    const node = this.needed(key)
    return node && this.reader.map(node, this.name(key), known)
  }

  /** A mapping that may be absent. */
  optionalMap(key: string, known: readonly string[]): Fields | undefined {
    return this.find(key) && this.map(key, known)
  }

  list<T>(key: string, read: (item: Node, field: string) => T | undefined): T[] | undefined {
    const node = this.find(key)
    return node && this.reader.list(node, this.name(key), read)
  }

  /** A list of texts. */
  words(key: string): string[] | undefined {
    return this.list(key, (item, field) => this.reader.text(item, field))
  }

  /** A mapping of names to texts. */
  texts(key: string): Record<string, string> | undefined {
    const node = this.find(key)
    if (!node) return undefined
    const { value, line } = node
    if (value.is !== 'map')
      return this.reader.wrong(line, this.name(key), `must be a mapping, not ${kindOf(node)}`)
    const pairs = value.entries.map(entry => [
      entry.key,
      this.reader.text(entry.node, joined(this.name(key), entry.key)) ?? '',
    ])
    return Object.fromEntries(pairs)
  }
}

export function oneOf<W extends string>(
  reader: Reader,
  node: Node,
  field: string,
  words: readonly W[],
): W | undefined {
  const text = reader.text(node, field)
  if (text === undefined) return undefined
  const found = words.find(word => word === text)
  return found ?? reader.wrong(node.line, field, `must be one of ${words.join(', ')}`)
}

/** A name of the API as documents have it. */
export const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
