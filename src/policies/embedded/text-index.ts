import type { Term } from './issue/index.ts'
import { splitIdentifier, stem } from './issue/index.ts'

/** Where the terms occur in a text: `terms[i]` at `lines[i]` (0-based), in order of lines. */
export interface TermHits {
  readonly terms: readonly number[]
  readonly lines: readonly number[]
  readonly tokensByLine: Uint16Array
  /** Lines (0-based) that the issue quotes. */
  readonly quoted: readonly number[]
}

/** Looks terms up by token; remembers each token, since code repeats itself. */
export class TermMatcher {
  readonly terms: readonly Term[]
  readonly #identifiers = new Map<string, number>()
  readonly #words = new Map<string, number>()
  readonly #known = new Map<string, readonly number[]>()

  readonly #quotes: ReadonlySet<string>

  constructor(terms: readonly Term[], quotes: ReadonlySet<string>) {
    this.terms = terms
    this.#quotes = quotes
    for (const [index, term] of terms.entries()) {
      if (term.kind === 'identifier') this.#identifiers.set(term.text, index)
      else this.#words.set(term.text, index)
    }
  }

  /** Indices of the terms that a token matches: itself as an identifier, its parts as words. */
  match(token: string): readonly number[] {
    const known = this.#known.get(token)
    if (known !== undefined) return known
    const found = new Set<number>()
    const whole = this.#identifiers.get(token)
    if (whole !== undefined) found.add(whole)
    for (const part of splitIdentifier(token)) {
      const index = this.#words.get(stem(part))
      if (index !== undefined) found.add(index)
    }
    const result = [...found]
    this.#known.set(token, result)
    return result
  }

  /** Finds every occurrence in the lines of a file. */
  scan(lines: readonly string[]): TermHits {
    const terms: number[] = []
    const at: number[] = []
    const quoted: number[] = []
    const tokensByLine = new Uint16Array(lines.length)
    for (const [number, line] of lines.entries()) {
      if (this.#quotes.size > 0 && this.#quotes.has(line.trim())) quoted.push(number)
      let tokens = 0
      for (const match of line.matchAll(TOKEN)) {
        tokens += 1
        for (const term of this.match(match[0])) {
          terms.push(term)
          at.push(number)
        }
      }
      tokensByLine[number] = tokens
    }
    return { terms, lines: at, tokensByLine, quoted }
  }
}

const TOKEN = /[A-Za-z_$][\w$]*/g
