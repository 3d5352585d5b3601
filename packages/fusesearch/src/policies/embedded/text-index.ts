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
  /** Whether characters beyond ASCII are part of tokens: only if the issue has terms with such characters. */
  readonly #other: number

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
    this.#other = hasForeign ? BEGINS : BETWEEN
  }

  /** Indices of the terms that a token matches: itself as an identifier, its parts as words. */
  match(token: string): readonly number[] {
    if (token.length > MAX_TOKEN_LENGTH) return []
    const known = this.#known.get(token)
    if (known !== undefined) return known
    if (this.#known.size >= MAX_KNOWN_TOKENS) this.#known.clear()
    const found = new Set<number>()
    const whole = this.#identifiers.get(token)
    if (whole !== undefined) found.add(whole)
    for (const part of splitIdentifier(token)) {
      const index = this.#words.get(stem(part))
      if (index !== undefined) found.add(index)
    }
    if (this.#hasDigits) {
      for (const word of wordsWithDigits(token)) {
        const index = this.#words.get(word)
        if (index !== undefined) found.add(index)
      }
    }
    if (this.#compounds.size > 0) {
      const index = this.#compounds.get(token.toLowerCase().replaceAll('_', ''))
      if (index !== undefined) found.add(index)
    }
    if (this.#foreign.length > 0 && !isAscii(token)) {
      const lower = token.toLowerCase()
      for (const [text, index] of this.#foreign) if (lower.includes(text)) found.add(index)
    }
    const result = [...found]
    this.#known.set(token, result)
    return result
  }

  /** Finds every occurrence in the lines of a file. */
  scan(lines: readonly string[]): TermHits {
    const hits = { terms: [], lines: [], tokensByLine: new Uint16Array(lines.length), quoted: [] }
    for (const [number, line] of lines.entries()) this.#scanLine(line, number, hits)
    return hits
  }

  #scanLine(line: string, number: number, hits: OpenHits): void {
    if (this.#quotes.size > 0 && this.#quotes.has(line.trim())) hits.quoted.push(number)
    let tokens = 0
    // Written by hand: a regular expression for each token took three times as long.
    for (let at = 0; at < line.length; at += 1) {
      if (this.#classOf(line, at) !== BEGINS) continue
      const from = at
      do at += 1
      while (this.#classOf(line, at) !== BETWEEN)
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

  #classOf(line: string, at: number): number {
    const code = line.charCodeAt(at)
    if (code < 128) return CLASSES[code] ?? BETWEEN
    // Past the end the code is NaN. Punctuation of other scripts parts tokens, too.
    return this.#other === BEGINS && isLetter(code) ? BEGINS : BETWEEN
  }
}

/** Letters beyond ASCII; roughly, by the blocks that hold punctuation. */
function isLetter(code: number): boolean {
  return code >= 0xc0 && !(code >= 0x2000 && code < 0x2c00) && !(code >= 0x3000 && code <= 0x3004) && code < 0xff00
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

/** What an ASCII character is to a token, `[A-Za-z_$][\w$]*`; no other character is part of one. */
const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  return /[A-Za-z_$]/.test(character) ? BEGINS : /\d/.test(character) ? CONTINUES : BETWEEN
})
