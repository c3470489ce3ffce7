//! YAML as a tree whose nodes know their lines, and trees as YAML. Strict, as `portway apply` is: no anchors, aliases, tags
//! or repeated keys. The only file that knows the YAML library, and loaded when somebody asks for it.

import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseAllDocuments,
  Scalar,
  stringify,
} from 'yaml'
import type { Entry, Mistake, Node } from './reader'

const DEPTH_MAX = 32

export function print(tree: object): string {
  return stringify(tree, { lineWidth: 0, aliasDuplicateObjects: false })
}

/** The one document of a text, or what is wrong with it. */
export function parse(text: string): { root?: Node; mistakes: Mistake[] } {
  const lines = new LineCounter()
  const mistakes: Mistake[] = []
  const wrong = (offset: number, message: string) =>
    mistakes.push({ line: Math.max(1, lines.linePos(offset).line), field: '', message })
  // `failsafe` leaves scalars as they are written: what they mean is for the reader.
  const parsed = parseAllDocuments(text, { lineCounter: lines, schema: 'failsafe', prettyErrors: false })
  const documents = 'empty' in parsed ? [] : parsed.filter(one => one.contents !== null)
  for (const one of documents) for (const { pos, message } of one.errors) wrong(pos[0], message)
  const [first, second] = documents
  if (!first?.contents) {
    if (mistakes.length === 0) wrong(0, 'A document was expected: apiVersion, kind, metadata, spec.')
    return { mistakes }
  }
  if (second?.range) wrong(second.range[0], 'One document at a time: this page is about one thing.')
  if (mistakes.length > 0) return { mistakes }
  const root = new Walk(lines, mistakes).node(first.contents, 0)
  return mistakes.length > 0 ? { mistakes } : { root, mistakes }
}

class Walk {
  constructor(
    private readonly lines: LineCounter,
    private readonly mistakes: Mistake[],
  ) {}

  node(source: unknown, depth: number, fallback = 1): Node {
    const line = this.lineOf(source) ?? fallback
    const refuse = (message: string) => this.mistakes.push({ line, field: '', message })
    if (depth > DEPTH_MAX) {
      refuse('The nesting is too deep.')
      return nothing(line)
    }
    if (isAlias(source)) refuse('Aliases are not supported: write it out.')
    if ((isScalar(source) || isCollection(source)) && source.anchor)
      refuse('Anchors are not supported: write it out.')
    if ((isScalar(source) || isCollection(source)) && source.tag) refuse('Tags are not supported.')
    if (isMap(source)) {
      const entries = source.items.map(pair => this.entry(pair, depth, line))
      return { line, value: { is: 'map', entries: entries.filter(entry => entry !== undefined) } }
    }
    if (isCollection(source)) {
      const items = source.items.map(item => this.node(item, depth + 1, line))
      return { line, value: { is: 'list', items } }
    }
    if (!isScalar(source)) return nothing(line)
    const plain = source.type === undefined || source.type === Scalar.PLAIN
    return { line, value: { is: 'text', text: String(source.value ?? ''), plain } }
  }

  private entry(pair: { key: unknown; value: unknown }, depth: number, fallback: number): Entry | undefined {
    const line = this.lineOf(pair.key) ?? fallback
    if (!isScalar(pair.key)) {
      this.mistakes.push({ line, field: '', message: 'A key must be a plain name.' })
      return undefined
    }
    return { line, key: String(pair.key.value), node: this.node(pair.value, depth + 1, line) }
  }

  private lineOf(source: unknown): number | undefined {
    const range =
      typeof source === 'object' && source !== null && 'range' in source ? source.range : undefined
    return Array.isArray(range) ? this.lines.linePos(range[0]).line : undefined
  }
}

const nothing = (line: number): Node => ({ line, value: { is: 'text', text: '', plain: true } })
