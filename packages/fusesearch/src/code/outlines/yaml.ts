import type { Definition } from '../definition.ts'
import { indentOf, lastFilledRow, outlinedLines } from './lines.ts'
import { OutlineBuilder } from './outline-builder.ts'

/** Levels of keys that are listed; named items of a list may be one level deeper (`jobs.build.steps.Upload`). */
const KEY_LEVELS = 3

interface Open {
  readonly indent: number
  readonly row: number
  readonly isItem: boolean
  readonly key: string
}

/** The upper levels of YAML's keys and the named items; the jobs of a workflow count as functions. */
export function outlineYaml(text: string): Definition[] {
  const lines = outlinedLines(text)
  const walk = new YamlWalk(lines)
  for (let row = 0; row < lines.length; row++) walk.take(row)
  return walk.finish()
}

class YamlWalk {
  readonly #outline = new OutlineBuilder()
  readonly #open: Open[] = []
  /** Lines indented deeper than this belong to a multi-line text. */
  #textBelow: number | undefined

  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    this.lines = lines
  }

  take(row: number): void {
    const line = this.lines[row] ?? ''
    const text = line.trim()
    const indent = indentOf(line)
    if (text === '' || (this.#textBelow !== undefined && indent > this.#textBelow)) return
    this.#textBelow = undefined
    if (text.startsWith('#') || text.startsWith('%')) return
    if (text.startsWith('---') || text.startsWith('...')) this.#closeFrom(-1, row)
    else if (text === '-' || text.startsWith('- ')) this.#item(line, indent, row)
    else this.#key(line, indent, row)
  }

  finish(): Definition[] {
    this.#closeFrom(-1, this.lines.length)
    return this.#outline.finish(this.lines.length - 1)
  }

  /** `- name: x`: the item starts at the dash, its first key after it. A list may be in the column of its key. */
  #item(line: string, indent: number, row: number): void {
    this.#closeFrom(indent + 1, row)
    const last = this.#open.at(-1)
    if (last?.isItem && last.indent === indent) this.#closeLast(row)
    this.#push({ indent, row, isItem: true, key: '' }, '')
    const inner = indent + 1 + indentOf(line.slice(indent + 1))
    if (inner < line.length) this.#key(line, inner, row)
  }

  #key(line: string, indent: number, row: number): void {
    this.#closeFrom(indent, row)
    const found = keyAt(line, indent)
    if (found === undefined) return
    const { key, value } = found
    const around = this.#open.at(-1)
    if (around?.isItem && /^(?:name|id|uses|key|alias|title|hosts)$/.test(key) && value !== '')
      this.#outline.nameInnermost(plain(value), row)
    const isListed = this.#open.length < KEY_LEVELS && !this.#open.some(({ isItem }) => isItem)
    this.#push({ indent, row, isItem: false, key }, isListed ? key : '')
    if (/^[|>][-+\d]*(?:\s+#.*)?$/.test(value.slice(0, 100))) this.#textBelow = indent
  }

  #push(entry: Open, name: string): void {
    const isJob = this.#open.length === 1 && this.#open[0]?.key === 'jobs'
    this.#outline.open(isJob && !entry.isItem ? 'function' : 'block', name, entry.row)
    this.#open.push(entry)
  }

  /** Closes the entries that start in this column or further right. */
  #closeFrom(indent: number, row: number): void {
    for (let last = this.#open.at(-1); last !== undefined && last.indent >= indent; last = this.#open.at(-1))
      this.#closeLast(row)
  }

  #closeLast(row: number): void {
    const last = this.#open.pop()
    if (last !== undefined) this.#outline.close(lastFilledRow(this.lines, [last.row, row - 1]))
  }
}

/** Reads `key: value`; the key may be quoted. */
function keyAt(line: string, from: number): { key: string; value: string } | undefined {
  const text = line.slice(from).trimEnd()
  const quote = text[0] === '"' || text[0] === "'" ? text[0] : undefined
  const start = quote === undefined ? 0 : text.indexOf(quote, 1) + 1
  if (quote !== undefined && start === 0) return undefined
  const colon = text.endsWith(':') && !text.includes(': ') ? text.length - 1 : text.indexOf(': ', start)
  if (colon <= 0 || /^[[{&*!|>@`]/.test(text)) return undefined
  return { key: plain(text.slice(0, colon)), value: text.slice(colon + 1).trim() }
}

function plain(text: string): string {
  const trimmed = text.trim()
  return /^(["']).*\1$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed
}
