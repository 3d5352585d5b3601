import { type Outline, type ReadOutlineOptions, readOutline } from '../../code/index.ts'
import { type IssueFacts, readIssue, type Term } from './issue/index.ts'
import { PathReader } from './path-features.ts'
import { type TermHits, TermMatcher } from './text-index.ts'

/** What was found in a file's text, independent of the run's decisions: the issue's terms, and its definitions if needed. */
export interface Reading {
  readonly hits: TermHits
  /** Occurrences by term. */
  readonly totals: ReadonlyMap<Term, number>
  /** Undefined for a type of file of which nothing is known. */
  outline(options: ReadOutlineOptions): Promise<Outline | undefined>
}

/** Estimated memory of a character of a read file and of a path: positions of terms, tokens, definitions. */
const CHARACTER_BYTES = 6
const PATH_BYTES = 400

/**
 * Caches what was found in an issue and in the files that were read. Runs over the same issue and tree may share one,
 * because its contents don't depend on what they decide.
 */
export class ReadingMemo {
  #facts: IssueFacts | undefined
  #paths: PathReader | undefined
  #matcher: TermMatcher | undefined
  readonly #readings = new Map<string, Reading>()
  #characters = 0

  /** Estimated memory. */
  bytes(): number {
    return this.#characters * CHARACTER_BYTES + (this.#paths?.size ?? 0) * PATH_BYTES
  }

  facts(issue: string): IssueFacts {
    this.#facts ??= readIssue(issue)
    return this.#facts
  }

  paths(facts: IssueFacts): PathReader {
    this.#paths ??= new PathReader(facts)
    return this.#paths
  }

  /** `lines`: of the file as far as it was shown. */
  read(facts: IssueFacts, path: string, lines: readonly string[]): Reading {
    // The same path shown to the same length is the same text.
    const key = `${lines.length} ${path}`
    const known = this.#readings.get(key)
    if (known !== undefined) return known
    this.#matcher ??= new TermMatcher(facts.terms, facts.quotes)
    const reading = createReading(this.#matcher, path, lines)
    this.#readings.set(key, reading)
    for (const line of lines) this.#characters += line.length
    return reading
  }
}

function createReading(matcher: TermMatcher, path: string, lines: readonly string[]): Reading {
  const hits = matcher.scan(lines)
  const totals = new Map<Term, number>()
  for (const index of hits.terms) {
    const term = matcher.terms[index]
    if (term !== undefined) totals.set(term, (totals.get(term) ?? 0) + 1)
  }
  let parsed: Promise<Outline | undefined> | undefined
  return {
    hits,
    totals,
    outline(options) {
      parsed ??= readOutline(path, lines.join('\n'), options)
      return parsed
    },
  }
}
