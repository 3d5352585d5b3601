import type { Definition } from '../definition.ts'
import { OutlineBuilder } from './outline-builder.ts'

/** Levels of keys that are listed; named items may be one level deeper. */
const KEY_LEVELS = 3

/** Keys whose value names their object, if the object is an item of a list. */
const NAMING_KEYS: ReadonlySet<string> = new Set(['name', 'id', 'key', 'title', 'label'])

interface Token {
  /** A bracket, comma or colon; `"` for a string, `v` for any other value. */
  readonly sign: string
  readonly row: number
  /** Offsets of the token in the text. */
  readonly start: number
  readonly end: number
}

/** The tokens of JSON in one pass; comments are skipped. */
function* tokensOf(text: string): Generator<Token> {
  let row = 0
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? ''
    const start = at
    if (char === '\n') row++
    if (/\s|\uFEFF/.test(char)) at++
    else if (text.startsWith('//', at)) at = endOr(text, text.indexOf('\n', at))
    else if (text.startsWith('/*', at)) {
      at = endOr(text, text.indexOf('*/', at + 2) + 2, 2)
      row += newlines(text, start, at)
    } else if ('{}[],:'.includes(char)) yield { sign: char, row, start, end: ++at }
    else if (char === '"') {
      at++
      while (at < text.length && text[at] !== '"' && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
      yield { sign: '"', row, start, end: ++at }
    } else {
      while (at < text.length && !/[\s{}[\],:"]/.test(text[at] ?? '')) at++
      yield { sign: 'v', row, start, end: at }
    }
  }
}

function endOr(text: string, end: number, missing = 0): number {
  return end < missing || end === -1 ? text.length : end
}

function newlines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) if (text[at] === '\n') count++
  return count
}

/** An open object, with the key whose value comes next, or an open list. */
interface Holder {
  readonly isObject: boolean
  /** In an object: the key whose value is being read. */
  key: string | undefined
  /** True while an outline entry is open for the value or item that is being read. */
  isEntryOpen: boolean
}

/** The upper levels of JSON's keys with the lines of their values, and the list items that have a name. */
export function outlineJson(text: string): Definition[] {
  const outline = new OutlineBuilder()
  const holders: Holder[] = []
  let previous: Token | undefined
  let lists = 0
  const closeEntry = (row: number): void => {
    const holder = holders.at(-1)
    if (holder === undefined) return
    if (holder.isEntryOpen) outline.close(row)
    holder.isEntryOpen = false
    holder.key = undefined
  }
  for (const token of tokensOf(text)) {
    const holder = holders.at(-1)
    const row = previous?.row ?? token.row
    if (token.sign === ',') closeEntry(row)
    else if (token.sign === '}' || token.sign === ']') {
      closeEntry(row)
      if (holders.pop()?.isObject === false) lists--
    } else if (token.sign === ':' && holder?.isObject && previous?.sign === '"' && holder.key === undefined) {
      holder.key = text.slice(previous.start + 1, Math.min(previous.end - 1, previous.start + 500))
      outline.open('block', lists === 0 && holders.length <= KEY_LEVELS ? holder.key : '', row)
      holder.isEntryOpen = true
    } else if (token.sign === '{' || token.sign === '[') {
      if (holder?.isObject === false && !holder.isEntryOpen) {
        outline.open('block', '', token.row)
        holder.isEntryOpen = true
      }
      if (token.sign === '[') lists++
      holders.push({ isObject: token.sign === '{', key: undefined, isEntryOpen: false })
    } else if (token.sign === '"') nameItem(outline, { holders, text, token })
    previous = token
  }
  return outline.finish(previous?.row ?? 0)
}

/** `{"name": "x"}` in a list is the item `x`. The key `name` has its own open entry, without a name, in the item. */
function nameItem(
  outline: OutlineBuilder,
  { holders, text, token }: { holders: readonly Holder[]; text: string; token: Token },
): void {
  const [list, object] = holders.slice(-2)
  const isItem = list?.isObject === false && object?.key !== undefined && NAMING_KEYS.has(object.key)
  if (!isItem || holders.length > KEY_LEVELS + 2) return
  outline.nameAround(text.slice(token.start + 1, Math.min(token.end - 1, token.start + 500)), token.row)
}

/** The lines of code in a Jupyter notebook, each with its row in the file, and its cells. */
export interface Notebook {
  readonly cells: readonly Definition[]
  readonly code: readonly { readonly text: string; readonly row: number }[]
  /** As the notebook names it, in lower case; `python` if it names none. */
  readonly language: string
}

/** Reads a notebook's cells without building its values: outputs may hold megabytes of pictures. */
export function readNotebook(text: string): Notebook {
  const outline = new OutlineBuilder()
  const sources: { text: string; row: number }[][] = []
  const path: (string | number)[] = []
  let [language, count, kind] = ['', 0, '']
  let source: { text: string; row: number }[] = []
  let previous: Token | undefined
  for (const token of tokensOf(text)) {
    const isCell = path.length === 2 && path[0] === 'cells'
    if (token.sign === '{' || token.sign === '[') {
      if (token.sign === '{' && isCell) {
        outline.open('block', '', token.row)
        ;[kind, source] = ['', []]
      }
      path.push(token.sign === '[' ? 0 : '')
    } else if (token.sign === '}' || token.sign === ']') {
      path.pop()
      if (token.sign === '}' && path.length === 2 && path[0] === 'cells') {
        outline.nameInnermost(
          cellName(++count, kind === 'code' ? '' : (source[0]?.text ?? '')),
          source[0]?.row ?? token.row,
        )
        outline.close(token.row)
        if (kind === 'code') sources.push(source, [{ text: '', row: token.row }])
      }
    } else if (token.sign === ',') {
      const last = path.at(-1)
      path[path.length - 1] = typeof last === 'number' ? last + 1 : ''
    } else if (token.sign === ':' && previous?.sign === '"') path[path.length - 1] = stringAt(text, previous)
    else if (token.sign === '"' && path[0] === 'cells' && path[2] === 'cell_type') kind = stringAt(text, token)
    else if (token.sign === '"' && path[0] === 'cells' && path[2] === 'source') {
      for (const line of stringAt(text, token).replace(/\n$/, '').split('\n'))
        source.push({ text: line, row: token.row })
    } else if (
      token.sign === '"' &&
      path[0] === 'metadata' &&
      path[2] === (path[1] === 'language_info' ? 'name' : 'language')
    )
      language = stringAt(text, token).toLowerCase()
    previous = token
  }
  return { cells: outline.finish(previous?.row ?? 0), code: sources.flat(), language: language || 'python' }
}

function cellName(number: number, firstLine: string): string {
  const heading = /^#{1,6}\s+(.*)/.exec(firstLine.slice(0, 500))?.[1]
  return heading ?? `cell ${number}`
}

function stringAt(text: string, { start, end }: Token): string {
  try {
    const value: unknown = JSON.parse(text.slice(start, end))
    return typeof value === 'string' ? value : ''
  } catch {
    // Keep a string with a broken escape as it is written.
    return text.slice(start + 1, end - 1)
  }
}
