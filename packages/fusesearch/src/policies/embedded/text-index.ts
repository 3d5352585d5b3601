import type { Term } from './issue/index.ts'
import { isAscii, splitIdentifier, stem, wordsWithDigits } from './issue/index.ts'

/** Where the terms occur in a text: `terms[i]` at `lines[i]` (0-based), in order of lines. */
export interface TermHits {
  readonly terms: readonly number[]
  readonly lines: readonly number[]
  readonly tokensByLine: Uint16Array
  /** Lines (0-based) that the issue quotes. */
  readonly quoted: readonly number[]
}

/** No name is longer; longer tokens are data. */
const MAX_TOKEN_LENGTH = 80
/** Tokens that are remembered; a data file has millions of them, each only once. */
const MAX_KNOWN_TOKENS = 50_000

/** Looks terms up by token; remembers each token, since code repeats itself. */
export class TermMatcher {
  readonly terms: readonly Term[]
  readonly #identifiers = new Map<string, number>()
  readonly #words = new Map<string, number>()
  /** By their parts without hyphens. */
  readonly #compounds = new Map<string, number>()
  /** Compounds as they are written, which are no token. */
  readonly #hyphened: [string, number][] = []
  /** Words of other scripts, which are looked for anywhere in a token. */
  readonly #foreign: [string, number][] = []
  readonly #hasDigits: boolean
  readonly #known = new Map<string, readonly number[]>()

  readonly #quotes: ReadonlySet<string>
  /** Characters beyond ASCII are part of tokens only if the issue has terms with such characters. */
  readonly #classes: Uint8Array

  constructor(terms: readonly Term[], quotes: ReadonlySet<string>) {
    this.terms = terms
    this.#quotes = quotes
    for (const [index, term] of terms.entries()) {
      if (term.kind === 'identifier') this.#identifiers.set(term.text, index)
      else if (term.kind === 'compound') {
        this.#compounds.set(term.text.replaceAll('-', ''), index)
        this.#hyphened.push([term.text, index])
      } else if (isAscii(term.text)) this.#words.set(term.text, index)
      else this.#foreign.push([term.text, index])
    }
    this.#hasDigits = terms.some(({ text, kind }) => kind === 'word' && /\d/.test(text))
    const hasForeign = this.#foreign.length > 0 || terms.some(({ text }) => !isAscii(text))
    this.#classes = classesOf(hasForeign)
  }

  /** Indices of the terms that a token matches: itself as an identifier, its parts as words. */
  match(token: string): readonly number[] {
    if (token.length > MAX_TOKEN_LENGTH) return []
    const known = this.#known.get(token)
    if (known !== undefined) return known
    if (this.#known.size >= MAX_KNOWN_TOKENS) this.#known.clear()
    const found: number[] = []
    add(found, this.#identifiers.get(token))
    for (const part of splitIdentifier(token)) add(found, this.#words.get(stem(part)))
    if (this.#hasDigits) for (const word of wordsWithDigits(token)) add(found, this.#words.get(word))
    if (this.#compounds.size > 0) add(found, this.#compounds.get(token.toLowerCase().replaceAll('_', '')))
    if (this.#foreign.length > 0 && !isAscii(token)) {
      const lower = token.toLowerCase()
      for (const [text, index] of this.#foreign) if (lower.includes(text)) add(found, index)
    }
    const result = found.length === 0 ? NO_TERMS : found
    this.#known.set(token, result)
    return result
  }

  /** Finds every occurrence in the lines of a file. */
  scan(lines: readonly string[]): TermHits {
    const hits = { terms: [], lines: [], tokensByLine: new Uint16Array(lines.length), quoted: [] }
    for (let number = 0; number < lines.length; number += 1) this.#scanLine(lines[number] ?? '', number, hits)
    return hits
  }

  #scanLine(line: string, number: number, hits: OpenHits): void {
    if (this.#quotes.size > 0 && this.#quotes.has(line.trim())) hits.quoted.push(number)
    let tokens = 0
    const classes = this.#classes
    // Written by hand: a regular expression for each token took three times as long.
    for (let at = 0; at < line.length; at += 1) {
      if (classes[line.charCodeAt(at)] !== BEGINS) continue
      const from = at
      do at += 1
      while (at < line.length && classes[line.charCodeAt(at)] !== BETWEEN)
      tokens += 1
      for (const term of this.match(line.slice(from, at))) {
        hits.terms.push(term)
        hits.lines.push(number)
      }
    }
    if (this.#hyphened.length > 0 && line.includes('-')) {
      const lower = line.toLowerCase()
      for (const [text, term] of this.#hyphened) {
        if (!lower.includes(text)) continue
        hits.terms.push(term)
        hits.lines.push(number)
      }
    }
    hits.tokensByLine[number] = tokens
  }
}

interface OpenHits {
  readonly terms: number[]
  readonly lines: number[]
  readonly tokensByLine: Uint16Array
  readonly quoted: number[]
}

const BETWEEN = 0
const CONTINUES = 1
const BEGINS = 2

const NO_TERMS: readonly number[] = []

function add(found: number[], index: number | undefined): void {
  if (index !== undefined && !found.includes(index)) found.push(index)
}

/** Letters beyond ASCII; roughly, by the blocks that hold punctuation, which parts tokens. */
const OTHER_LETTERS = [
  [0xc0, 0x2000],
  [0x2c00, 0x3000],
  [0x3005, 0xff00],
] as const

/** What each UTF-16 unit is to a token: `[A-Za-z_$][\w$]*`, and letters of other scripts where `hasOther`. */
function classesOf(hasOther: boolean): Uint8Array {
  const classes = new Uint8Array(0x1_00_00)
  for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$')
    classes[character.charCodeAt(0)] = BEGINS
  for (const digit of '0123456789') classes[digit.charCodeAt(0)] = CONTINUES
  if (hasOther) for (const [from, to] of OTHER_LETTERS) classes.fill(BEGINS, from, to)
  return classes
}
