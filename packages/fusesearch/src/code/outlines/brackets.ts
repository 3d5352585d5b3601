import type { Definition } from '../definition.ts'
import { codeOf, type Lexis, MAX_HEAD_CHARS, outlinedLines } from './lines.ts'
import { type EntryKind, OutlineBuilder } from './outline-builder.ts'

/** How the head of an entry is written, starting at the first non-blank character of a line. */
export interface Head {
  readonly kind: EntryKind
  /** Its groups are the parts of the name. It sees only the first {@link MAX_HEAD_CHARS} characters of a line. */
  readonly pattern: RegExp
  /**
   * `body`: the entry needs a `{` in this line or soon after, and ends where that closes. `statement`: the entry ends
   * with the line where all its brackets are closed, and is a direct child of the entry around it.
   */
  readonly extent: 'body' | 'statement'
  /** Makes the name from the match, if the groups alone aren't enough. */
  readonly name?: (found: RegExpExecArray) => string
  /** Finds the name in this line or one of the next few, for calls that carry it as an argument. */
  readonly nameBelow?: RegExp
}

/** A language whose bodies are in brackets. */
export interface BracketLanguage {
  readonly lexis: Lexis
  readonly heads: readonly Head[]
  /** Joins the parts of a name in a head; a dot when left out. */
  readonly joint?: string
  /** The depth of brackets that may surround the whole file. */
  readonly rootDepth?: number
  /** The end of a statement, if closed brackets alone don't end it. */
  readonly ender?: string
  /** True if a head can span lines up to its bracket (selectors). */
  readonly joinsLines?: boolean
  /** Turns words that open and close bodies into brackets. */
  readonly rewrite?: (code: string) => string
}

/** How many lines below its start a head can have its `{` or its name, and how many lines are joined to one head. */
const MAX_HEAD_LINES = 12

/** An open entry, and how its end is found. */
interface Open {
  readonly kind: EntryKind
  readonly extent: Head['extent']
  readonly row: number
  /** The depth of brackets before its head. */
  readonly depth: number
  hasBody: boolean
}

/** The entries of a language whose bodies are in brackets. One pass that looks for a head at the start of each line. */
export function outlineBrackets(text: string, language: BracketLanguage): Definition[] {
  const lines = outlinedLines(text)
  const walk = new BracketWalk(lines, language)
  for (const [row, code] of codeOf(lines, language.lexis).entries()) walk.take(row, language.rewrite?.(code) ?? code)
  return walk.finish()
}

class BracketWalk {
  readonly #lines: readonly string[]
  readonly #language: BracketLanguage
  readonly #outline = new OutlineBuilder()
  readonly #open: Open[] = []
  #depth = 0
  /** The first of the lines above that belong to the next head. */
  #joinedFrom: number | undefined

  constructor(lines: readonly string[], language: BracketLanguage) {
    this.#lines = lines
    this.#language = language
  }

  take(row: number, code: string): void {
    if (code.trim() === '') return
    if (this.#language.joinsLines && !/[{};]/.test(code)) {
      this.#joinedFrom ??= row
      if (row - this.#joinedFrom < MAX_HEAD_LINES) return
    }
    this.#openHead(this.#joinedFrom ?? row, row)
    this.#joinedFrom = undefined
    for (const char of code) {
      if (char === '{' || char === '(' || char === '[') {
        this.#depth++
        const last = this.#open.at(-1)
        if (last !== undefined && char === '{') last.hasBody = true
      } else if (char === '}' || char === ')' || char === ']') {
        this.#depth = Math.max(0, this.#depth - 1)
        if (char === '}') while (this.#isBodyClosed()) this.#close(row)
      }
    }
    const { ender = '' } = this.#language
    while (this.#isStatementClosed() && code.trimEnd().endsWith(ender)) this.#close(row)
  }

  finish(): Definition[] {
    return this.#outline.finish(this.#lines.length - 1)
  }

  #close(row: number): void {
    this.#outline.close(row)
    this.#open.pop()
  }

  #isBodyClosed(): boolean {
    const last = this.#open.at(-1)
    return last?.extent === 'body' && last.hasBody && this.#depth <= last.depth
  }

  #isStatementClosed(): boolean {
    const last = this.#open.at(-1)
    return last?.extent === 'statement' && this.#depth <= last.depth
  }

  #openHead(first: number, row: number): void {
    const found = this.#headIn(
      this.#lines
        .slice(first, row + 1)
        .join(' ')
        .trim()
        .slice(0, MAX_HEAD_CHARS),
      row,
    )
    if (found === undefined) return
    if (found.head.kind === 'function' && this.#isAtMargin(row)) {
      while (this.#open.length > 0) this.#close(row - 1)
      this.#depth = 0
    }
    while (this.#hasNoBody(row)) this.#close(row - 1)
    const { head, name } = found
    this.#outline.open(head.kind, name, first)
    this.#open.push({ kind: head.kind, extent: head.extent, row, depth: this.#depth, hasBody: false })
  }

  /** True for an open head whose body never came; the next head ends it. */
  #hasNoBody(row: number): boolean {
    const last = this.#open.at(-1)
    if (last === undefined || last.extent === 'statement' || last.hasBody) return false
    return this.#depth <= last.depth || row > last.row + MAX_HEAD_LINES
  }

  #headIn(line: string, row: number): { head: Head; name: string } | undefined {
    const { heads, joint = '.' } = this.#language
    for (const head of heads) {
      const isPlaced = this.#isDirect(head.kind) || (head.kind === 'function' && this.#isAtMargin(row))
      if (head.extent === 'statement' && !isPlaced) continue
      const found = head.pattern.exec(line)
      if (found === null) continue
      const name = head.nameBelow === undefined ? nameOf(head, found, joint) : this.#nameBelow(row, head.nameBelow)
      if (name !== '') return { head, name }
    }
    return undefined
  }

  /**
   * True for a line that starts in the first column while a function or nothing is open. A function there is top-level,
   * whatever the bracket count says: brackets in patterns and odd strings are miscounted, and this corrects the count.
   */
  #isAtMargin(row: number): boolean {
    const around = this.#open.at(-1)?.kind
    return /^\S/.test(this.#lines[row] ?? '') && (around === undefined || around === 'function')
  }

  /** Whether a statement here is a direct child of the entry around it; statements inside functions are not listed. */
  #isDirect(kind: EntryKind): boolean {
    const around = this.#open.at(-1)
    if (around === undefined) return this.#depth <= (this.#language.rootDepth ?? 0)
    return this.#depth === around.depth + 1 && !(around.kind === 'function' && kind === 'block')
  }

  #nameBelow(row: number, pattern: RegExp): string {
    for (let at = row; at < Math.min(row + MAX_HEAD_LINES, this.#lines.length); at++) {
      if (at > row && /^\S/.test(this.#lines[at] ?? '')) break
      const name = pattern.exec((this.#lines[at] ?? '').slice(0, MAX_HEAD_CHARS))?.[1]
      if (name !== undefined) return name
    }
    return ''
  }
}

/** The name from the head's groups; a group of several quoted words is split. */
function nameOf(head: Head, found: RegExpExecArray, joint: string): string {
  if (head.name !== undefined) return head.name(found)
  const groups = found.slice(1).filter((group: string | undefined) => group !== undefined)
  return groups
    .flatMap((group) => group.split(/^\s*"|"\s+"|"\s*$/))
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(joint)
}
