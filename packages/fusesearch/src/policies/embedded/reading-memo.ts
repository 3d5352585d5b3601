import { type Outline, type ParseBudget, readOutline } from '../../code/index.ts'
import { type IssueFacts, readIssue, type Term } from './issue/index.ts'
import { PathReader } from './path-features.ts'
import { type TermHits, TermMatcher } from './text-index.ts'

/** What a file's text gave, whatever the run decides: the issue's terms in it, and its definitions when asked for. */
export interface Reading {
  readonly hits: TermHits
  /** Occurrences by term. */
  readonly totals: ReadonlyMap<Term, number>
  /** Undefined for a type of file of which nothing is known. */
  outline(budget: ParseBudget): Promise<Outline | undefined>
}

/** What a character of a read file and a path are taken to weigh in memory: places of terms, tokens, definitions. */
const CHARACTER_BYTES = 6
const PATH_BYTES = 400

/**
 * What an issue and the files that were read gave. A run has its own; runs over the same issue and the same tree may
 * share one, since none of it depends on what they decide.
 */
export class ReadingMemo {
  #facts: IssueFacts | undefined
  #paths: PathReader | undefined
  #matcher: TermMatcher | undefined
  readonly #readings = new Map<string, Reading>()
  #characters = 0

  /** About what it holds in memory. */
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
    outline(budget) {
      parsed ??= readOutline(path, lines.join('\n'), budget)
      return parsed
    },
  }
}
