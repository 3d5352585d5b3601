import type { Definition } from '../definition.ts'
import { lastFilledRow, outlinedLines } from './lines.ts'
import { OutlineBuilder } from './outline-builder.ts'

/** How a file of sections and keys is written. */
export interface KeyStyle {
  /** The characters that can end a key; the first one in the line counts. */
  readonly separators: string
  /** What begins a comment. */
  readonly comment: string
  /** True if a key needs no separator (`requirements.txt`). */
  readonly hasBareKeys?: boolean
}

/** `[section]` and `key = value`: INI, TOML, properties, `.env`. A value ends before the next key. */
export function outlineKeys(text: string, style: KeyStyle): Definition[] {
  const lines = outlinedLines(text)
  const outline = new OutlineBuilder()
  let section: number | undefined
  let key: number | undefined
  let closing: string | undefined
  const close = (row: number, withSection: boolean): void => {
    if (key !== undefined) outline.close(lastFilledRow(lines, [key, row], style.comment))
    key = undefined
    if (!withSection || section === undefined) return
    outline.close(lastFilledRow(lines, [section, row], style.comment))
    section = undefined
  }
  for (const [row, line] of lines.entries()) {
    if (closing !== undefined) {
      if (line.includes(closing)) closing = undefined
      continue
    }
    const heading = /^\s*\[{1,2}\s*([^[\]]+?)\s*\]{1,2}\s*(?:[#;].*)?$/.exec(line.slice(0, 300))?.[1]
    if (heading !== undefined) {
      close(row - 1, true)
      outline.open('block', heading.replaceAll(/["']/g, ''), row)
      section = row
      continue
    }
    const name = keyIn(line, style)
    if (name === undefined) continue
    close(row - 1, false)
    outline.open('block', name, row)
    key = row
    closing = longStringIn(line)
  }
  close(lines.length - 1, true)
  return outline.finish(lines.length - 1)
}

/** The key at the start of a line; undefined if it has none. An indented line without a key continues a value. */
function keyIn(line: string, { separators, comment, hasBareKeys = false }: KeyStyle): string | undefined {
  const text = line.trimStart().replace(/^export\s+/, '')
  if (text === '' || text.startsWith(comment) || text.startsWith(';') || text.startsWith('!')) return undefined
  let end = 0
  while (end < text.length && !separators.includes(text[end] ?? '')) end++
  if (end === text.length) return hasBareKeys ? /^[\w.-]+/.exec(text)?.[0] : undefined
  const key = text.slice(0, end).trim().replaceAll(/["']/g, '')
  return /^[\p{L}\p{N}_.\-/*@$:[\]]+(?: [\p{L}\p{N}_.-]+){0,5}$/u.test(key.slice(0, 100)) ? key : undefined
}

/** The closing quotes of a multi-line string that the line opens but doesn't close. */
function longStringIn(line: string): string | undefined {
  return ['"""', "'''"].find((quote) => {
    const start = line.indexOf(quote)
    return start !== -1 && line.indexOf(quote, start + 3) === -1
  })
}
